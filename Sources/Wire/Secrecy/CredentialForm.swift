/// Tells credentials by their look: by the beginnings that those who issue them chose so that they can be told.
///
/// For places where a secret stands by mistake. What looks like none may still be one.
package enum CredentialForm {
    /// A beginning, and how long what begins so must be: shorter ones are words.
    private static let beginnings: [(text: StaticString, length: Int)] = [
        ("sk-ant-", 16), ("sk-proj-", 16), ("sk-svcacct-", 16), ("sk-or-", 24), ("sk-", 40), ("tgk_", 12), ("xai-", 24),
        ("AIza", 24), ("ya29.", 16), ("eyJ", 24), ("ghp_", 20), ("gho_", 20), ("ghu_", 20), ("ghs_", 20), ("ghr_", 20),
        ("github_pat_", 20), ("glpat-", 16), ("xoxb-", 16), ("xoxp-", 16), ("AKIA", 20), ("ASIA", 20),
        ("bedrock-api-key-", 20), ("-----BEGIN ", 12),
    ]

    /// Whether one of the words of a text is a credential of a known kind, or it is a URL with a password.
    package static func isKnown(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { isKnown(UnsafeRawBufferPointer($0)) }
    }

    package static func isKnown(_ text: UnsafeRawBufferPointer) -> Bool {
        firstWord(in: text, from: 0) != nil || hasPassword(text)
    }

    /// The text with `[…]` in place of each word that is one.
    package static func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { bytes in
            var result = "", position = 0
            while let word = firstWord(in: bytes, from: position) {
                result += String(decoding: bytes[position..<word.lowerBound], as: UTF8.self) + "[…]"
                position = word.upperBound
            }
            return position == 0 ? text : result + String(decoding: bytes[position...], as: UTF8.self)
        }
    }

    private static func firstWord(in text: UnsafeRawBufferPointer, from begin: Int) -> Range<Int>? {
        var start = begin
        while start < text.count {
            guard isWordByte(text[start]) else {
                start += 1
                continue
            }
            var end = start
            while end < text.count, isWordByte(text[end]) { end += 1 }
            if begins(text.slice(start..<text.count), word: end - start) { return start..<end }
            start = end
        }
        return nil
    }

    private static func begins(_ text: UnsafeRawBufferPointer, word: Int) -> Bool {
        beginnings.contains { begin in
            let length = begin.text.utf8CodeUnitCount
            // A PEM file's first line has a blank.
            let count = begin.text.bytes[length - 1] == 0x20 ? text.count : word
            return count >= begin.length && text.starts(with: begin.text)
        }
    }

    /// `scheme://user:password@…`
    private static func hasPassword(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let scheme = text.firstIndex(of: "://") else { return false }
        let rest = text.slice(scheme + 3..<text.count)
        guard let at = rest.firstIndex(of: UInt8(ascii: "@"), in: 0..<rest.count) else { return false }
        return rest.firstIndex(of: UInt8(ascii: ":"), in: 0..<at) != nil
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
