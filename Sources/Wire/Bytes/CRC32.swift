/// The cyclic redundancy check of IEEE 802.3, as zlib computes it.
package enum CRC32 {
    /// The check of `bytes`, which follow on bytes whose check is `before`. HOT: eight bytes a step, by eight tables.
    package static func of(_ bytes: UnsafeRawBufferPointer, following before: UInt32 = 0) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var check = ~before
            var position = 0
            while bytes.count - position >= 8 {
                let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
                check = step(tables, word ^ UInt64(check))
                position += 8
            }
            for byte in bytes[position...] {
                check = check >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: check) ^ byte)]
            }
            return ~check
        }
    }

    /// Table `k` says what a byte does to the check when `k` more bytes follow it.
    private static func step(_ tables: UnsafeBufferPointer<UInt32>, _ word: UInt64) -> UInt32 {
        var check: UInt32 = 0
        for place in 0..<8 {
            let byte = Int(UInt8(truncatingIfNeeded: word >> UInt64(8 * place)))
            check ^= tables[(7 - place) << 8 + byte]
        }
        return check
    }

    /// Eight tables of 256 entries, one behind the other.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = []
        for byte: UInt32 in 0..<256 {
            var check = byte
            // The polynomial 0x04C11DB7, its bits turned round.
            for _ in 0..<8 { check = check & 1 == 1 ? (check >> 1) ^ 0xEDB8_8320 : check >> 1 }
            tables.append(check)
        }
        for index in 256..<2048 {
            let before = tables[index - 256]
            tables.append(before >> 8 ^ tables[Int(before & 0xFF)])
        }
        return tables
    }()
}
