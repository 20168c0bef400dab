import Testing

@testable import Configuration

@Suite("Whatever stands in the file, it is read or told")
struct RobustnessTests {
    private struct Random {
        var state: UInt64

        mutating func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
    }

    /// Every kind of setting of rules, virtual models and issuers.
    private static let text = SummaryTests.text

    private static let values = [
        "-9223372036854775808", "9223372036854775807", "99999999999999999999999", "0", "-1", "", "~", "[]", "{}",
        "[[]]",
        "{a: b}", "\"\"", "\"*\"", "${NOPE}", "${TOKEN}", "1e400", "true", "/", ":", "\"/\"", "\"a/\"", "\"file:\"",
        "ä",
        "https://", "metadata.", "500k", "9223372036854775807M", "30d", "user:",
    ]

    /// Values of the text: what stands behind `: `, up to the next `,`, `}`, `]` or the line's end.
    private static func places(_ bytes: [UInt8]) -> [Range<Int>] {
        var places: [Range<Int>] = []
        for index in bytes.indices.dropFirst(2) where bytes[index - 1] == 0x20 && bytes[index - 2] == 0x3A {
            let ends = Set(",}]\n".utf8)
            let end = bytes[index...].firstIndex { ends.contains($0) } ?? bytes.endIndex
            places.append(index..<end)
        }
        return places
    }

    @Test("Each value in turn is replaced by one that is not meant there")
    func values() {
        let bytes = Array(Self.text.utf8), places = Self.places(bytes)
        #expect(places.count > 60)
        var taken = 0
        for (index, place) in places.enumerated() {
            // Each value somewhere, each place with several: all together would take seconds.
            for (number, value) in Self.values.enumerated() where (index + number) % 5 == 0 {
                let changed = bytes[..<place.lowerBound] + Array(value.utf8) + bytes[place.upperBound...]
                let said = problems(String(decoding: changed, as: UTF8.self))
                taken += said.isEmpty ? 1 : 0
                #expect(said.allSatisfy { $0.hasPrefix("t.yaml:") && !$0.hasPrefix("t.yaml:0") }, "\(said)")
            }
        }
        #expect(taken > 0)
    }

    @Test("Bytes and lines are taken out, doubled and moved at random")
    func noise() {
        var random = Random(state: 11)
        let bytes = Array(Self.text.utf8)
        for _ in 0..<200 {
            var changed = bytes
            for _ in 0...random.below(3) {
                let from = random.below(changed.count), count = min(random.below(40), changed.count - from)
                let part = Array(changed[from..<from + count])
                if random.below(2) == 0 { changed.removeSubrange(from..<from + count) }
                changed.insert(contentsOf: part, at: random.below(changed.count))
            }
            let said = problems(String(decoding: changed, as: UTF8.self))
            #expect(said.allSatisfy { $0.hasPrefix("t.yaml:") })
        }
    }
}
