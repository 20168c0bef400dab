import COTLP
import Wire

/// Reads what `SpanRecorder` and `LogRecorder` wrote. The bytes are our own, so a fault in them is a broken invariant and traps.
struct RecordReader {
    let bytes: UnsafeRawBufferPointer
    private let lengthLimit: Int
    var position = 0

    /// `lengthLimit`: how many characters (Unicode scalars) of a text value are read; nil: all.
    init(_ bytes: UnsafeRawBufferPointer, lengthLimit: Int?) {
        self.bytes = bytes
        self.lengthLimit = lengthLimit ?? .max
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number {
        defer { position += MemoryLayout<Number>.size }
        return bytes.loadUnaligned(fromByteOffset: position, as: Number.self)
    }

    mutating func text() -> UnsafeRawBufferPointer {
        let length = Int(number(UInt32.self))
        defer { position += length }
        return bytes.slice(position..<position + length)
    }

    /// Cut to the limit. Header values may hold any bytes, but a protobuf string that is not UTF-8 would cost the whole
    /// batch.
    func withUTF8(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        if bytes.isASCII {
            return body(UnsafeRawBufferPointer(rebasing: bytes.prefix(lengthLimit)))
        }
        var text = String(decoding: bytes, as: UTF8.self)
        if text.unicodeScalars.count > lengthLimit { text = String(text.unicodeScalars.prefix(lengthLimit)) }
        text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
