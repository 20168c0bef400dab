import CScan
import SeededRandom
import Testing

@testable import Wire

@Suite("Strings are scanned by blocks as they would be byte by byte")
struct JSONStringScanTests {
    private enum Verdict: Equatable {
        case string(end: Int, hasEscapes: Bool)
        case fault(JSONError.Reason, Int)
    }

    /// RFC 8259 §7, one byte after the other.
    private func expected(_ text: [UInt8]) -> Verdict {
        var index = 1, hasEscapes = false
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\""): return .string(end: index, hasEscapes: hasEscapes)
            case 0..<0x20: return .fault(.controlCharacter, index)
            case UInt8(ascii: "\\"):
                guard let length = escape(text, index) else { return .fault(.invalidEscape, index) }
                hasEscapes = true
                index += length
            default: index += 1
            }
        }
        return .fault(.unexpectedEnd, text.count)
    }

    private func escape(_ text: [UInt8], _ start: Int) -> Int? {
        guard start + 1 < text.count else { return nil }
        if Array("\"\\/bfnrt".utf8).contains(text[start + 1]) { return 2 }
        guard text[start + 1] == UInt8(ascii: "u"), start + 6 <= text.count else { return nil }
        let isHex = text[start + 2..<start + 6].allSatisfy { Hex.value(of: $0) != nil }
        return isHex ? 6 : nil
    }

    private func scanned(_ text: [UInt8]) -> Verdict {
        text.withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            do {
                let string = try cursor.readString()
                return .string(end: string.bytes.count + 1, hasEscapes: string.hasEscapes)
            } catch let error as JSONError {
                return .fault(error.reason, error.offset)
            } catch {
                return .fault(.wrongType, -1)
            }
        }
    }

    private func scannedWithoutAVX2(_ text: [UInt8]) -> Verdict {
        let found = text.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { tg_json_string_end_portable($0, 1, bytes.count) }
        }
        guard let found else { return .fault(.unexpectedEnd, 0) }
        switch found.status {
        case TG_JSON_STRING_OK: return .string(end: found.end, hasEscapes: found.has_escapes != 0)
        case TG_JSON_STRING_CONTROL: return .fault(.controlCharacter, found.end)
        case TG_JSON_STRING_ESCAPE: return .fault(.invalidEscape, found.end)
        default: return .fault(.unexpectedEnd, found.end)
        }
    }

    @Test("Random strings, with marks at every place of a block and something behind their end")
    func random() {
        var random = SeededGenerator(seed: 7)
        let marks = [
            "\\", "\"", "\\n", "\\\\", "\\u00e9", "\\u12", "\\x", "\n", "\\\"", "é", "u", "/", "\\b", "\\t", "\\/",
        ].map { Array($0.utf8) }
        for _ in 0..<20_000 {
            var text = [UInt8(ascii: "\"")]
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                text += [UInt8](repeating: UInt8(ascii: "a"), count: Int.random(in: 0...70, using: &random))
                text += marks.randomElement(using: &random) ?? []
            }
            if Bool.random(using: &random) { text += [UInt8(ascii: "\\"), .random(in: 0...255, using: &random)] }
            if Bool.random(using: &random) { text += Array("\", \"b\\n\": 1 ".utf8) }
            #expect(scanned(text) == expected(text), "\(String(decoding: text, as: UTF8.self))")
            #expect(scannedWithoutAVX2(text) == expected(text), "\(String(decoding: text, as: UTF8.self))")
        }
    }
}
