import Glibc

/// The texts of keys and of their ids.
enum KeyText {
    static let keyPrefix = "tgk_"
    /// Digits of 62 kinds: 256 bits need 43 of them.
    private static let keyDigits = 43
    private static let idDigits = 16
    /// Characters shown of a key. What is left hidden is beyond guessing.
    private static let shown = 10

    private static let digits: StaticString = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    /// A new key.
    static func makeKey() throws(LedgerError) -> String { keyPrefix + (try random(digits: keyDigits)) }

    /// A new id.
    static func makeID() throws(LedgerError) -> String { "key_" + (try random(digits: idDigits)) }

    static func shownPrefix(of key: String) -> String { String(key.prefix(shown)) }

    /// Digits from the kernel's random source, all equally likely: bytes beyond the last multiple of 62 are passed
    /// over.
    private static func random(digits count: Int) throws(LedgerError) -> String {
        var text: [UInt8] = []
        var bytes: [UInt8] = Array(repeating: 0, count: 64)
        while text.count < count {
            guard getentropy(&bytes, bytes.count) == 0 else {
                throw .file(operation: "read", path: "the kernel's random source", code: errno)
            }
            for byte in bytes where byte < 248 && text.count < count {
                text.append(digits.utf8Start[Int(byte % 62)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
