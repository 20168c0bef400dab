import CDeflate
import CZlib

/// Compresses to gzip (RFC 1952) in one piece. `level`: 1, fast, to 12, small.
package func gzip(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8]? {
    guard let compressor = libdeflate_alloc_compressor(level) else { return nil }
    defer { libdeflate_free_compressor(compressor) }
    let bound = libdeflate_gzip_compress_bound(compressor, bytes.count)
    let output = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
        count = libdeflate_gzip_compress(compressor, bytes, bytes.count, buffer.baseAddress, buffer.count)
    }
    return output.isEmpty ? nil : output
}

/// Decompresses gzip or zlib as it comes, for reading what is forwarded compressed; loop-confined.
package final class Inflater {
    private var stream = z_stream()
    private var window = [UInt8](repeating: 0, count: 16 * 1024)
    /// The bytes are not what they claim to be; nothing more comes.
    package private(set) var failed: Bool
    /// A member of gzip is complete; another may follow (RFC 1952 §2.2).
    private var memberIsOver = false

    package init() { failed = tg_inflate_init(&stream) != Z_OK }

    deinit { inflateEnd(&stream) }

    /// Feeds compressed bytes; `output` is called with each piece they give.
    package func consume(_ bytes: UnsafeRawBufferPointer, output: (UnsafeRawBufferPointer) -> Void) {
        guard !failed else { return }
        stream.next_in = UnsafeMutablePointer(mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
        stream.avail_in = UInt32(bytes.count)
        while true {
            guard goesOn() else { return }
            let produced = window.withUnsafeMutableBufferPointer { buffer -> Int in
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(buffer.count)
                let result = inflate(&stream, Z_NO_FLUSH)
                if result != Z_OK, result != Z_STREAM_END, result != Z_BUF_ERROR { failed = true }
                memberIsOver = result == Z_STREAM_END
                let produced = buffer.count - Int(stream.avail_out)
                output(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<produced]))
                return produced
            }
            if failed || (produced < window.count && !(memberIsOver && stream.avail_in > 0)) { return }
        }
    }

    /// False: what is left behind a member is none.
    private func goesOn() -> Bool {
        guard memberIsOver else { return true }
        guard stream.avail_in > 0, stream.next_in.pointee == 0x1F else { return false }
        memberIsOver = false
        failed = inflateReset(&stream) != Z_OK
        return !failed
    }
}
