/// Bytes as letters (RFC 4648 §4 and §5).
package enum Base64 {
    /// Appends four letters for every three bytes, the last four padded with `=`. HOT.
    package static func encode(_ bytes: UnsafeRawBufferPointer, to output: inout ByteWriter) {
        encode(bytes, letters: standard, to: &output)
        for _ in 0..<(3 - bytes.count % 3) % 3 { output.append(byte: padding) }
    }

    /// Appends the form for URLs and tokens: `-` and `_` in place of `+` and `/`, and no padding.
    package static func encodeForURL(_ bytes: UnsafeRawBufferPointer, to output: inout ByteWriter) {
        encode(bytes, letters: forURL, to: &output)
    }

    /// Appends what `text` stands for. HOT.
    ///
    /// Strict: the standard's letters, padded to a multiple of four, no blanks, unused bits zero.
    /// - Returns: false when the text is none; `output` is then as it was.
    package static func decode(_ text: UnsafeRawBufferPointer, to output: inout ByteWriter) -> Bool {
        guard text.count.isMultiple(of: 4) else { return false }
        guard text.count > 0 else { return true }
        let before = output.count
        let padded = text[text.count - 1] != padding ? 0 : text[text.count - 2] != padding ? 1 : 2
        // The last four letters on their own, when they are padded.
        let whole = padded == 0 ? text.count : text.count - 4
        guard decodeWhole(text.slice(0..<whole), to: &output),
            padded == 0 || decodeLast(text.slice(whole..<text.count), bytes: 3 - padded, to: &output)
        else {
            output.truncate(to: before)
            return false
        }
        return true
    }

    /// What the form for URLs and tokens stands for; `nil` when `text` is none.
    ///
    /// Strict, so that each value has one text only: `-` and `_`, no padding, no blanks, unused bits zero.
    package static func decodedForURL(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        let extra = text.count % 4
        guard extra != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var group: UInt32 = 0
        for (place, letter) in text.enumerated() {
            let value = valuesForURL[Int(letter)]
            guard value & noLetter == 0 else { return nil }
            group = group << 6 | UInt32(value)
            if place % 4 == 3 {
                bytes.append(UInt8(truncatingIfNeeded: group >> 16))
                bytes.append(UInt8(truncatingIfNeeded: group >> 8))
                bytes.append(UInt8(truncatingIfNeeded: group))
                group = 0
            }
        }
        guard extra > 0 else { return bytes }
        let unused = extra == 2 ? 4 : 2
        guard group & (1 << UInt32(unused) - 1) == 0 else { return nil }
        group >>= UInt32(unused)
        if extra == 3 { bytes.append(UInt8(truncatingIfNeeded: group >> 8)) }
        bytes.append(UInt8(truncatingIfNeeded: group))
        return bytes
    }

    private static func encode(
        _ bytes: UnsafeRawBufferPointer, letters: StaticString, to output: inout ByteWriter
    ) {
        let letters = letters.bytes
        output.append(upTo: (bytes.count / 3 + 1) * 4) { room in
            var source = 0, target = 0
            while bytes.count - source >= 3 {
                let group = UInt32(bytes[source]) << 16 | UInt32(bytes[source + 1]) << 8 | UInt32(bytes[source + 2])
                write(group, count: 4, letters, into: room, at: target)
                source += 3
                target += 4
            }
            let left = bytes.count - source
            guard left > 0 else { return target }
            let group = UInt32(bytes[source]) << 16 | (left == 2 ? UInt32(bytes[source + 1]) << 8 : 0)
            write(group, count: left + 1, letters, into: room, at: target)
            return target + left + 1
        }
    }

    private static func write(
        _ group: UInt32, count: Int, _ letters: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer,
        at target: Int
    ) {
        for place in 0..<count {
            room[target + place] = letters[Int(group >> UInt32(18 - 6 * place) & 63)]
        }
    }

    private static func decodeWhole(_ text: UnsafeRawBufferPointer, to output: inout ByteWriter) -> Bool {
        var faults: UInt8 = 0
        values.withUnsafeBufferPointer { values in
            output.append(upTo: text.count / 4 * 3) { room in
                var target = 0
                for source in stride(from: 0, to: text.count, by: 4) {
                    let first = values[Int(text[source])], second = values[Int(text[source + 1])]
                    let third = values[Int(text[source + 2])], fourth = values[Int(text[source + 3])]
                    faults |= first | second | third | fourth
                    room[target] = first << 2 | second >> 4
                    room[target + 1] = second << 4 | third >> 2
                    room[target + 2] = third << 6 | fourth
                    target += 3
                }
                return target
            }
        }
        return faults & noLetter == 0
    }

    /// Two or three letters and padding, which stand for `bytes` bytes.
    private static func decodeLast(_ text: UnsafeRawBufferPointer, bytes: Int, to output: inout ByteWriter) -> Bool {
        var group: UInt32 = 0
        for place in 0...bytes {
            let value = values[Int(text[place])]
            guard value & noLetter == 0 else { return false }
            group |= UInt32(value) << UInt32(18 - 6 * place)
        }
        // The bits that belong to no byte.
        guard group & (0xFF_FFFF >> UInt32(8 * bytes)) == 0 else { return false }
        for place in 0..<bytes { output.append(byte: UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * place))) }
        return true
    }

    private static let standard: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    private static let forURL: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    private static let padding = UInt8(ascii: "=")
    /// The bit that no letter's value has.
    private static let noLetter: UInt8 = 0x80

    /// What each byte stands for, 0...63, or `noLetter`.
    private static let values = table(standard)
    private static let valuesForURL = table(forURL)

    private static func table(_ letters: StaticString) -> [UInt8] {
        var values = [UInt8](repeating: noLetter, count: 256)
        for (value, letter) in letters.bytes.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }
}
