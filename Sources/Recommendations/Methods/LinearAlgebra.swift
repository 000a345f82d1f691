import BSON
import Glibc

/// The two routines of LAPACK and the one of BLAS that the linear model is made of, from the system's library.
///
/// The library is looked for when it is needed first: a program that never learns a linear model starts without it.
struct LinearAlgebra: Sendable {
    private typealias Factor =
        @convention(c) (
            UnsafePointer<CChar>, UnsafePointer<Int32>, UnsafeMutablePointer<Float>, UnsafePointer<Int32>,
            UnsafeMutablePointer<Int32>, Int
        ) -> Void
    private typealias AddScaled =
        @convention(c) (
            Int32, Float, UnsafePointer<Float>, Int32, UnsafeMutablePointer<Float>, Int32
        ) -> Void

    private let factor: Factor
    private let inverse: Factor
    private let addScaled: AddScaled

    /// The libraries that have all three, best first.
    private static let libraries = ["libopenblas.so.0", "libopenblas.so"]

    private static let loaded = LinearAlgebra()

    /// - Throws: `commandNotSupported` where the system has no such library.
    static func shared() throws -> LinearAlgebra {
        if let loaded { return loaded }
        throw AtelierError(
            .commandNotSupported, "the linear model needs OpenBLAS, which is not installed",
            advice: "Install Debian's libopenblas0, or ask for another method, such as bm25.")
    }

    private init?() {
        for name in LinearAlgebra.libraries {
            // Never closed: its threads live as long as the program.
            guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL),
                let factor = dlsym(library, "spotrf_"), let inverse = dlsym(library, "spotri_"),
                let addScaled = dlsym(library, "cblas_saxpy")
            else { continue }
            // The symbols have the types that LAPACK and CBLAS document, with 32-bit integers.
            self.factor = unsafeBitCast(factor, to: Factor.self)
            self.inverse = unsafeBitCast(inverse, to: Factor.self)
            self.addScaled = unsafeBitCast(addScaled, to: AddScaled.self)
            return
        }
        return nil
    }

    /// Replaces a symmetric positive definite matrix by its inverse: Cholesky factors, then both triangles filled.
    ///
    /// Reads the upper triangle of rows. O(n³).
    /// - Throws: `badValue` where the matrix is not positive definite.
    func invert(_ matrix: UnsafeMutablePointer<Float>, size: Int) throws {
        // What is upper by rows is lower by columns, as LAPACK sees it.
        var (order, status, triangle) = (Int32(size), Int32(0), CChar(UInt8(ascii: "L")))
        factor(&triangle, &order, matrix, &order, &status, 1)
        if status == 0 { inverse(&triangle, &order, matrix, &order, &status, 1) }
        guard status == 0 else {
            throw AtelierError(
                .badValue, "the purchases give no linear model: the matrix is not positive definite",
                advice: "Raise the regularisation.")
        }
        for row in 0..<size {
            for column in row + 1..<max(row + 1, size) {
                matrix[column * size + row] = matrix[row * size + column]
            }
        }
    }

    /// y += a·x.
    func add(_ a: Float, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) {
        addScaled(Int32(count), a, x, 1, y, 1)
    }
}
