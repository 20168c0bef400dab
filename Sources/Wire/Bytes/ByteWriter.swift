import CScan

/// A growing byte buffer that is written front to back and used again: `reset()` keeps its memory.
///
/// It owns its memory alone, hence `~Copyable`. HOT: appending is one `memcpy`, growth doubles.
package struct ByteWriter: ~Copyable, @unchecked Sendable {
    // @unchecked Sendable is safe: the pointer never leaves except for the length of a closure or as documented at
    // `bytes`, there is exactly one owner, and mutation needs exclusive access.

    private var base: UnsafeMutableRawPointer?
    private var capacity: Int

    /// Bytes written so far.
    package private(set) var count: Int

    /// An empty writer; allocates nothing when `capacity` is 0.
    package init(capacity: Int = 0) {
        precondition(capacity >= 0)
        self.base = capacity == 0 ? nil : .allocate(byteCount: capacity, alignment: 1)
        self.capacity = capacity
        self.count = 0
    }

    deinit {
        base?.deallocate()
    }

    /// Whether nothing was written.
    package var isEmpty: Bool { count == 0 }

    /// What was written, as a view that is valid until the next mutation or the end of the writer's life. Prefer
    /// `withBytes` for a writer that nobody else keeps alive.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// A copy of what was written. For cold code and tests.
    package var array: [UInt8] { [UInt8](bytes) }

    /// What was written as text; bytes that are no UTF-8 are replaced. For cold code and tests.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Lends what was written.
    package borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Forgets what was written and keeps the memory, unless it is more than `keepingAtMost` bytes.
    package mutating func reset(keepingAtMost limit: Int = .max) {
        count = 0
        if capacity > limit {
            base?.deallocate()
            base = nil
            capacity = 0
        }
    }

    /// Cuts back to the first `newCount` bytes.
    package mutating func truncate(to newCount: Int) {
        precondition(newCount >= 0 && newCount <= count)
        count = newCount
    }

    /// Overwrites what was written at `offset`, in host order; for lengths that are known later.
    package mutating func patch(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset + 4 <= count)
        base?.storeBytes(of: value, toByteOffset: offset, as: UInt32.self)
    }

    /// Removes the first `removed` bytes and moves the rest to the front.
    package mutating func removePrefix(_ removed: Int) {
        precondition(removed >= 0 && removed <= count)
        guard removed > 0, let base else { return }
        count -= removed
        base.copyMemory(from: base + removed, byteCount: count)
    }

    /// Makes room for `additional` more bytes.
    package mutating func reserve(_ additional: Int) {
        if additional > capacity - count { grow(additional) }
    }

    private mutating func grow(_ additional: Int) {
        let newCapacity = max(count + additional, capacity * 2, 64)
        // Who asks for an alignment gets `posix_memalign`, which takes three times as long; `malloc` aligns to 16 as well.
        let newBase = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 1)
        if let base {
            newBase.copyMemory(from: base, byteCount: count)
            base.deallocate()
        }
        base = newBase
        capacity = newCapacity
    }

    /// Lends at least `minimum` bytes of free room to `body`, which answers how many it filled.
    package mutating func append<Failure: Error>(
        upTo minimum: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        reserve(minimum)
        guard let base else { return }
        let written = try body(UnsafeMutableRawBufferPointer(start: base + count, count: capacity - count))
        precondition(written >= 0 && written <= capacity - count)
        count += written
    }
}

extension ByteWriter {
    /// Appends one byte.
    package mutating func append(byte: UInt8) {
        reserve(1)
        base?.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Appends a copy of `other`.
    package mutating func append(_ other: UnsafeRawBufferPointer) {
        guard let source = other.baseAddress, other.count > 0 else { return }
        reserve(other.count)
        base?.advanced(by: count).copyMemory(from: source, byteCount: other.count)
        count += other.count
    }

    /// Appends a literal.
    package mutating func append(_ text: StaticString) {
        append(text.bytes)
    }

    /// Appends a copy of `other`.
    package mutating func append(_ other: [UInt8]) {
        other.withUnsafeBytes { append($0) }
    }

    /// Appends a copy of `other`.
    package mutating func append(_ other: ArraySlice<UInt8>) {
        other.withUnsafeBytes { append($0) }
    }

    /// Appends the UTF-8 of a string.
    package mutating func append(string: String) {
        let done: Void? = string.utf8.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0)) }
        if done == nil {
            for byte in string.utf8 { append(byte: byte) }
        }
    }

    /// Appends a number in decimal digits, with `-` in front when negative.
    package mutating func append(decimal value: some FixedWidthInteger) {
        precondition(UInt64(exactly: value.magnitude) != nil, "ByteWriter writes integers of at most 64 bits")
        append(magnitude: UInt64(truncatingIfNeeded: value.magnitude), isNegative: value < 0)
    }

    /// The same without a generic call, which other modules do not get specialised.
    package mutating func append(decimal value: Int) {
        append(magnitude: UInt64(value.magnitude), isNegative: value < 0)
    }

    private mutating func append(magnitude: UInt64, isNegative: Bool) {
        if isNegative { append(byte: Ascii.minus) }
        let digits = tg_decimal_length(magnitude)
        reserve(digits)
        guard let base else { return }
        // From the last digits to the first, two at a time.
        var rest = magnitude, place = count + digits
        while rest >= 10 {
            place -= 2
            let pair = Self.pairs.utf8Start + 2 * Int(truncatingIfNeeded: rest % 100)
            base.storeBytes(of: pair[0], toByteOffset: place, as: UInt8.self)
            base.storeBytes(of: pair[1], toByteOffset: place + 1, as: UInt8.self)
            rest /= 100
        }
        if place > count {
            base.storeBytes(of: UInt8(truncatingIfNeeded: rest) + Ascii.zero, toByteOffset: count, as: UInt8.self)
        }
        count += digits
    }

    /// 0 to 99, two digits each.
    private static let pairs: StaticString = """
        0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
        5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
        """

    /// Appends a number in decimal, padded with zeros to `width` digits.
    package mutating func append(decimal value: Int, width: Int) {
        precondition(value >= 0)
        var limit = 10
        var missing = width - 1
        while missing > 0, value >= limit {
            limit *= 10
            missing -= 1
        }
        for _ in 0..<max(0, missing) { append(byte: Ascii.zero) }
        append(decimal: value)
    }

    /// Appends a number in lower-case hexadecimal, padded with zeros to `width` digits.
    package mutating func append(hex value: UInt64, width: Int = 1) {
        let needed = max(1, (64 - value.leadingZeroBitCount + 3) / 4)
        let digits = max(needed, width)
        reserve(digits)
        guard let base else { return }
        // From the last digit to the first; what the value does not fill is zeros.
        var rest = value
        var place = count + digits
        while place > count {
            place -= 1
            base.storeBytes(of: Hex.digit(UInt8(truncatingIfNeeded: rest & 15)), toByteOffset: place, as: UInt8.self)
            rest >>= 4
        }
        count += digits
    }
}

// Records with tags and lengths in host order, for readers in the same process. HOT: a request's spans have some sixty of them.
extension ByteWriter {
    /// Appends two bytes and a number behind them.
    package mutating func append(_ one: UInt8, _ two: UInt8, word: UInt64) {
        reserve(10)
        guard let place = base?.advanced(by: count) else { return }
        place.storeBytes(of: (UInt16(one) | UInt16(two) << 8).littleEndian, as: UInt16.self)
        place.storeBytes(of: word, toByteOffset: 2, as: UInt64.self)
        count += 10
    }

    /// Appends two bytes, a length of four, and a copy of so many bytes.
    package mutating func append(_ one: UInt8, _ two: UInt8, counted bytes: UnsafeRawBufferPointer) {
        reserve(6 + bytes.count)
        guard let place = base?.advanced(by: count) else { return }
        place.storeBytes(of: (UInt16(one) | UInt16(two) << 8).littleEndian, as: UInt16.self)
        place.storeBytes(of: UInt32(bytes.count), toByteOffset: 2, as: UInt32.self)
        if let source = bytes.baseAddress { place.advanced(by: 6).copyMemory(from: source, byteCount: bytes.count) }
        count += 6 + bytes.count
    }

    /// The same with the UTF-8 of a string.
    package mutating func append(_ one: UInt8, _ two: UInt8, counted string: String) {
        var string = string
        string.withUTF8 { append(one, two, counted: UnsafeRawBufferPointer($0)) }
    }
}
