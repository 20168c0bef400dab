import SeededRandom
import Testing

@testable import Wire

@Suite("A secret that comes back")
struct EchoMaskTests {
    private static let key = "sk-ant-api03-upstream-canary-7f3d"

    private func mask(_ secrets: String...) -> EchoMask {
        var mask = EchoMask()
        for secret in secrets { Array(secret.utf8).withUnsafeBytes { mask.hide($0) } }
        return mask
    }

    private func passed(_ text: String, through mask: EchoMask, cutAt places: [Int]) -> String {
        var stream = EchoMaskStream(mask), result: [UInt8] = [], begin = 0
        let bytes = Array(text.utf8)
        for end in places + [bytes.count] {
            bytes[begin..<end].withUnsafeBytes { result += stream.pass($0, isLast: end == bytes.count) }
            begin = end
        }
        return String(decoding: result, as: UTF8.self)
    }

    @Test("Is overwritten where it stands, and nothing else is")
    func whole() {
        let text = #"{"error":{"message":"Incorrect API key provided: \#(Self.key). See https://a.b"}}"#
        let stars = String(repeating: "*", count: Self.key.utf8.count)
        #expect(mask(Self.key).masked(text) == text.replacing(Self.key, with: stars))
        #expect(mask(Self.key).masked("nothing of it: sk-ant-api0") == "nothing of it: sk-ant-api0")
        #expect(EchoMask().masked(text) == text && mask("short").masked("a short word") == "a short word")
    }

    @Test(
        "Is found by pieces of twelve bytes, at either end, escaped, twice, and beside another",
        arguments: [
            ("upstream-canary", "***************"), ("x sk-ant-api03 y", "x ************ y"),
            ("canary-7f3d!", "canary-7f3d!"), ("-canary-7f3d!", "************!"),
            (#"ab/cdefghijklm\/nopqrstuvwxy"#, #"**************\************y"#),
            ("eight-88 eight-8", "******** eight-8"),
            ("upstream-canaryupstream-canary", "******************************"),
        ])
    func pieces(text: String, expected: String) {
        let mask = mask(Self.key, "ab/cdefghijklm/nopqrstuvwx", "nopqrstuvwx", "eight-88")
        #expect(mask.masked(text) == expected)
    }

    @Test("Is found wherever it is cut in two or three")
    func cuts() {
        let mask = mask(Self.key, "another-secret-of-theirs"), text = "says \(Self.key) and another-secret-of-theirs."
        let expected = mask.masked(text), length = text.utf8.count
        #expect(!expected.contains("canary") && expected.hasSuffix("."))
        for first in 0...length {
            #expect(passed(text, through: mask, cutAt: [first]) == expected, "cut at \(first)")
            for second in stride(from: first, through: length, by: 5) {
                #expect(passed(text, through: mask, cutAt: [first, second]) == expected, "cut at \(first), \(second)")
            }
        }
    }

    @Test("In random texts all of it goes and all else stays")
    func property() {
        var random = SeededGenerator(seed: 0x5EC2E7)
        let letters = Array("abcdef".utf8)
        func bytes(_ count: ClosedRange<Int>, _ byte: () -> UInt8) -> [UInt8] {
            (0..<Int.random(in: count, using: &random)).map { _ in byte() }
        }
        for _ in 0..<300 {
            let secret = bytes(12...40) { letters.randomElement(using: &random) ?? 0 }
            var mask = EchoMask()
            secret.withUnsafeBytes { mask.hide($0) }
            let before = bytes(0...20) { UInt8.random(in: 65...90, using: &random) }
            let after = bytes(0...20) { UInt8.random(in: 48...57, using: &random) }
            var text = before + secret + after
            #expect(mask.mask(&text))
            #expect(text == before + [UInt8](repeating: 42, count: secret.count) + after)
        }
    }
}
