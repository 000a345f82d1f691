/// Dots on a grid of characters: eight to a braille character, or one to an ASCII character.
struct DotCanvas {
    private let style: ChartStyle
    let columns: Int
    let rows: Int
    /// Which dots of a cell are set, and the series that set one last.
    private var dots: [UInt8]
    private var owners: [Int]

    init(_ style: ChartStyle, columns: Int, rows: Int) {
        self.style = style
        self.columns = columns
        self.rows = rows
        dots = Array(repeating: 0, count: columns * rows)
        owners = Array(repeating: 0, count: columns * rows)
    }

    /// How many dots fit side by side and above each other.
    var width: Int { style.isUnicode ? columns * 2 : columns }
    var height: Int { style.isUnicode ? rows * 4 : rows }

    /// Sets a dot; the origin is at the bottom left.
    mutating func set(_ x: Int, _ y: Int, series: Int) {
        guard 0..<width ~= x, 0..<height ~= y else { return }
        let top = height - 1 - y
        let cell = style.isUnicode ? top / 4 * columns + x / 2 : top * columns + x
        // Braille patterns (Unicode, block 2800): dots 1 to 3 and 7 are the left column, 4 to 6 and 8 the right one.
        let bit: UInt8 =
            style.isUnicode ? [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]][top % 4][x % 2] : 1
        dots[cell] |= bit
        owners[cell] = series
    }

    /// Sets the dots between two, both included.
    mutating func line(from a: (x: Int, y: Int), to b: (x: Int, y: Int), series: Int) {
        let steps = max(abs(b.x - a.x), abs(b.y - a.y), 1)
        for step in 0...steps {
            set(a.x + (b.x - a.x) * step / steps, a.y + (b.y - a.y) * step / steps, series: series)
        }
    }

    /// The rows from the top.
    func lines() -> [String] {
        (0..<rows).map { row in
            var line = ""
            var column = 0
            while column < columns {
                let owner = owners[row * columns + column]
                var run = ""
                while column < columns, owners[row * columns + column] == owner {
                    run.append(character(dots[row * columns + column], owner))
                    column += 1
                }
                line += run.allSatisfy { $0 == " " } ? run : style.coloured(run, owner)
            }
            return line.trimmedAtEnd
        }
    }

    private func character(_ dots: UInt8, _ owner: Int) -> Character {
        if dots == 0 { return " " }
        if style.isUnicode { return Unicode.Scalar(0x2800 + UInt32(dots)).map(Character.init) ?? " " }
        return DotCanvas.mark(owner)
    }

    /// The ASCII character of a series.
    static func mark(_ series: Int) -> Character { Array("*o+x#@")[series % 6] }
}

/// A canvas with the ends of its axes written beside it.
struct PlotFrame {
    let style: ChartStyle
    let canvas: DotCanvas
    /// From the top to the bottom of the vertical axis.
    let top: String
    let bottom: String
    /// From the left to the right of the horizontal one.
    let left: String
    let right: String

    static func labelWidth(_ labels: [String], in width: Int) -> Int {
        min(width / 3, labels.map { DisplayWidth.of($0) }.max() ?? 0)
    }

    func lines() -> [String] {
        let labels = PlotFrame.labelWidth([top, bottom], in: canvas.columns * 2)
        let (wall, corner, floor) = style.isUnicode ? ("┤", "└", "─") : ("|", "+", "-")
        let drawn = canvas.lines()
        var lines = drawn.enumerated().map { row, line in
            let label = row == 0 ? top : row == drawn.count - 1 ? bottom : ""
            let edge = label.isEmpty ? (style.isUnicode ? "│" : "|") : wall
            return style.fitted(label, labels, toTheRight: true) + " " + edge + line
        }
        let indent = String(repeating: " ", count: labels + 1)
        lines.append(indent + corner + String(repeating: floor, count: canvas.columns))
        let gap = canvas.columns - DisplayWidth.of(left) - DisplayWidth.of(right)
        lines.append(indent + " " + (gap > 0 ? left + String(repeating: " ", count: gap) + right : left))
        return lines
    }
}
