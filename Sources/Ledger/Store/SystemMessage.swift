import Glibc

/// The C library's words for an `errno`.
func systemMessage(_ code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        guard let start = buffer.baseAddress else { return "error \(code)" }
        buffer.initialize(repeating: 0)
        // The thread-safe form; the GNU one may answer with a string of its own instead of filling the buffer.
        guard let text = strerror_r(code, start, buffer.count) else { return "error \(code)" }
        return String(cString: text)
    }
}
