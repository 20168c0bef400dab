import SeededRandom
import Testing

@testable import Wire

@Suite("Base64")
struct Base64Tests {
    private func encoded(_ bytes: [UInt8]) -> String {
        var output = ByteWriter()
        bytes.withUnsafeBytes { Base64.encode($0, to: &output) }
        return output.text
    }

    private func encodedForURL(_ bytes: [UInt8]) -> String {
        var output = ByteWriter()
        bytes.withUnsafeBytes { Base64.encodeForURL($0, to: &output) }
        return output.text
    }

    /// Also that a refused text leaves what was there.
    private func decoded(_ text: String) -> [UInt8]? {
        var output = ByteWriter()
        output.append("before")
        let isGood = Array(text.utf8).withUnsafeBytes { Base64.decode($0, to: &output) }
        #expect(output.array.prefix(6) == Array("before".utf8)[...])
        if !isGood { #expect(output.count == 6) }
        return isGood ? Array(output.array.dropFirst(6)) : nil
    }

    @Test(
        "The examples of RFC 4648 §10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func examples(plain: String, letters: String) {
        #expect(encoded(Array(plain.utf8)) == letters)
        #expect(encodedForURL(Array(plain.utf8)) == letters.filter { $0 != "=" })
        #expect(decoded(letters) == Array(plain.utf8))
    }

    @Test("The two alphabets differ in two letters")
    func alphabets() {
        #expect(encoded([0xFB, 0xFF, 0xFE]) == "+//+")
        #expect(encodedForURL([0xFB, 0xFF, 0xFE]) == "-__-")
    }

    @Test("What was encoded is decoded to the same, and the letters are the same again")
    func roundTrips() {
        var generator = SeededGenerator(seed: 5)
        for count in 0..<300 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let letters = encoded(bytes)
            #expect(letters.utf8.count == (count + 2) / 3 * 4)
            #expect(decoded(letters) == bytes)
        }
    }

    @Test("Whatever is taken, is the one text for its bytes")
    func canonical() {
        var generator = SeededGenerator(seed: 6)
        let letters = Array("ABghwxyz0189+/=-_ \n".utf8)
        var taken = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...9, using: &generator)
            let text = (0..<count).map { _ in letters.randomElement(using: &generator) ?? 0 }
            guard let bytes = decoded(String(decoding: text, as: UTF8.self)) else { continue }
            taken += 1
            #expect(encoded(bytes) == String(decoding: text, as: UTF8.self))
        }
        #expect(taken > 1_000)
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "Z", "Zg", "Zg=", "Zm9", "Zg===", "====", "Z===", "=Zg=", "Zg=v", "Zm9v=", "Zm9v====", "Zh==", "Zm9=",
            "Zm 9", "Zm9\n", "-__-", "Zg==Zg==", "Zm9vZg=", "é===", "Zm9\u{00}",
        ])
    func refused(text: String) {
        #expect(decoded(text) == nil)
    }

    @Test("The form for URLs has one text for each value: what is taken is what would be written")
    func decodedForURL() {
        func decoded(_ text: [UInt8]) -> [UInt8]? { text.withUnsafeBytes { Base64.decodedForURL($0) } }
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length &* 11) }
            #expect(decoded(Array(encodedForURL(bytes).utf8)) == bytes)
        }
        // All texts of up to two letters, and each byte at each place of longer ones.
        let all = (0...255).map { UInt8($0) }
        var texts: [[UInt8]] = [[]] + all.map { [$0] }
        for first in all { texts += all.map { [first, $0] } }
        for place in 0..<7 {
            for byte in all {
                var text = Array("AQIDBA-".utf8)
                text[place] = byte
                texts += [text, Array(text.prefix(6)), Array(text.prefix(4))]
            }
        }
        for text in texts {
            guard let bytes = decoded(text) else { continue }
            #expect(Array(encodedForURL(bytes).utf8) == text)
        }
        for text in ["A", "AAAAA", "AA=", "AA==", "AAA=", "A+AA", "A/AA", "AA A", " AAA", "AAA\n"] {
            #expect(decoded(Array(text.utf8)) == nil)
        }
    }
}
