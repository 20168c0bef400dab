import CLinux

/// Bytes from the kernel's generator (getrandom(2)). Traps if the kernel has none, which Linux excludes after boot.
package func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var position = 0
    while position < count {
        // Up to 256 bytes at a time are never cut short by a signal.
        let piece = min(256, count - position)
        let result = bytes.withUnsafeMutableBytes { tg_random($0.baseAddress.map { $0 + position }, piece) }
        precondition(result == 0, "getrandom failed with errno \(result)")
        position += piece
    }
    return bytes
}
