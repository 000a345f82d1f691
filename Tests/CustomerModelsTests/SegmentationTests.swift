import BSON
import Platform
import Testing

@testable import CustomerModels

@Suite struct SegmentationTests {
    /// Points around three places.
    private func clouds() -> (points: [[Double]], truth: [Int]) {
        var random = SeededRandom(seed: 4)
        let places = [[0.0, 0], [10, 0], [0, 10]]
        let truth = (0..<150).map { $0 % 3 }
        return (truth.map { place in places[place].map { $0 + random.uniform() } }, truth)
    }

    @Test func cloudsAreFound() throws {
        let (points, truth) = clouds()
        var random = SeededRandom(seed: 1)
        let found = try KMeans(points, k: 3, random: &random)
        for cloud in 0..<3 {
            let labels = Set(truth.indices.filter { truth[$0] == cloud }.map { found.labels[$0] })
            #expect(labels.count == 1)
        }
        #expect(Set(found.labels).count == 3)
        var inertia = 0.0
        for (point, label) in zip(points, found.labels) {
            for (a, b) in zip(point, found.centers[label]) { inertia += (a - b) * (a - b) }
        }
        #expect(agree(inertia, found.inertia, 1e-9))
        let members = Array(points.indices)
        let three = KMeans.silhouette(points, found.labels, k: 3, members: members)
        var other = SeededRandom(seed: 1)
        let two = try KMeans(points, k: 2, random: &other)
        #expect(three > 0.9 && three > KMeans.silhouette(points, two.labels, k: 2, members: members))
    }

    /// 0, 1 and 10: s(0) = (10−1)/10, s(1) = (9−1)/9, and a group of one has 0.
    @Test func theSilhouetteIsRousseeuws() {
        let value = KMeans.silhouette([[0], [1], [10]], [0, 0, 1], k: 2, members: [0, 1, 2])
        #expect(agree(value, (0.9 + 8.0 / 9) / 3, 1e-12))
    }

    @Test func equalPointsDoNoHarm() throws {
        var random = SeededRandom(seed: 1)
        let found = try KMeans([[1, 1], [1, 1], [1, 1], [2, 2]], k: 3, random: &random)
        #expect(found.inertia == 0 && found.labels.count == 4)
    }

    private func log(count: Int = 300) -> ActivityLog {
        var random = SeededRandom(seed: 9)
        return ActivityLog(
            (0..<count).map { number in
                var customer = CustomerActivity(id: "c\(1000 + number)")
                // A third each: many dear orders lately, one small order long ago, one dear order lately.
                let (orders, amount, start) = [(20, 200.0, 300), (1, 15, 5), (1, 400, 350)][number % 3]
                for index in 0..<orders {
                    let at = Int64(start + index * 3) * ActivityLog.millisecondsInDay
                    customer.orders.append(
                        CustomerActivity.Order(
                            at: at + Int64(random.index(below: 1_000_000)),
                            money: Decimal128(rounding: amount * (0.9 + 0.2 * random.uniform())),
                            units: 1, products: [1], categories: [1]))
                }
                return customer
            })
    }

    @Test func segmentsAreNumberedByRevenueAndDescribed() throws {
        let found = try Segmentation(log(), counts: 3...6)
        #expect(found.segments.count == 3 && found.silhouettes.map(\.k) == [3, 4, 5, 6])
        #expect(found.segments.map(\.number) == [1, 2, 3] && found.segments.map(\.customers) == [100, 100, 100])
        #expect(zip(found.segments, found.segments.dropFirst()).allSatisfy { $0.means[2] > $1.means[2] })
        #expect(found.segments[0].description.contains("any orders"), "\(found.segments[0].description)")
        #expect(found.segments[2].description.contains("small orders"))
        for (number, member) in found.members.enumerated() { #expect(member.segment == [1, 3, 2][number % 3]) }
        #expect(
            agree(found.segments.reduce(0) { $0 + $1.revenue }, found.members.reduce(0) { $0 + $1.values[2] }, 1e-12))
    }

    @Test func theSameSeedGivesTheSameSegmentsWhateverElseIsTried() throws {
        let (one, two) = (
            try Segmentation(log(), counts: 4...4, seed: 3), try Segmentation(log(), counts: 4...4, seed: 3)
        )
        #expect(one.members.map(\.segment) == two.members.map(\.segment))
        let tried = try Segmentation(log(), counts: 3...4, seed: 3)
        #expect(tried.silhouettes.last?.value == one.silhouettes.last?.value)
    }

    @Test func tooFewCustomersAreRefused() {
        do {
            _ = try Segmentation(log(count: 3), counts: 3...8)
            Issue.record("three customers made segments")
        } catch { #expect("\(error)".contains("do not make 8 segments")) }
        do {
            _ = try Segmentation(ActivityLog([]), counts: 3...8)
            Issue.record("nobody made segments")
        } catch { #expect("\(error)".contains("no sale orders of known customers")) }
    }
}
