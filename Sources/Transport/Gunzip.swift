import CZlib

/// Why compressed bytes were not taken.
package enum GunzipFault: Error, Equatable {
    /// They are no gzip or zlib, or end too early.
    case malformed
    /// They would be more than the limit.
    case tooLarge
}

/// Decompresses gzip (RFC 1952), of several members too, or zlib in one piece, never beyond `limit` bytes: a small input may
/// claim to be a thousand times as large.
package func gunzip(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(GunzipFault) -> [UInt8] {
    var stream = z_stream()
    guard tg_inflate_init(&stream) == Z_OK else { throw .malformed }
    defer { inflateEnd(&stream) }
    stream.next_in = UnsafeMutablePointer(mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
    stream.avail_in = UInt32(clamping: bytes.count)
    var output: [UInt8] = []
    output.reserveCapacity(min(limit, bytes.count * 4))
    let piece = 64 * 1024
    var window = [UInt8](repeating: 0, count: piece)
    while true {
        var result = Z_OK
        let produced = window.withUnsafeMutableBufferPointer { room -> Int in
            stream.next_out = room.baseAddress
            stream.avail_out = UInt32(room.count)
            result = inflate(&stream, Z_NO_FLUSH)
            return room.count - Int(stream.avail_out)
        }
        guard output.count + produced <= limit else { throw .tooLarge }
        output.append(contentsOf: window[..<produced])
        switch result {
        case Z_OK: continue
        case Z_STREAM_END:
            if stream.avail_in == 0 { return output }
            guard inflateReset(&stream) == Z_OK else { throw .malformed }
        default: throw .malformed
        }
    }
}
