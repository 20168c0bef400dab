import Wire

/// The bytes of a JSON text without the white space between its parts.
struct SignificantBytes {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var isInString = false, isEscaped = false

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> UInt8? {
        while !isInString, position < bytes.count, bytes[position] <= UInt8(ascii: " ") { position += 1 }
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        position += 1
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInString.toggle()
        }
        return byte
    }

    /// The whole text without them.
    static func of(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var significant = SignificantBytes(bytes), copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        while let byte = significant.next() { copy.append(byte) }
        return copy
    }
}
