import CScan

/// What a stretch of an event stream was.
package enum SSEEvent {
    /// A whole event of interest. The data (lines joined by LF) is valid until the parser is called again and only as
    /// long as the bytes given are.
    case event(name: SSEName, data: UnsafeRawBufferPointer)
    /// Whole events of one name that were not of interest; or one whose data was larger than the bound (or was passed over before a
    /// late `event` field named it).
    case skipped(SSEName, count: Int)
    /// All bytes given are used up.
    case needMore
}

/// Follows an event stream (WHATWG HTML §9.2.6) that arrives in pieces. HOT.
///
/// Data that nobody is interested in is passed over line end by line end and never copied; data of interest is lent
/// where it stands, or gathered in a bounded buffer when it was cut. Lines end in LF, CR LF or CR.
package struct SSEParser: ~Copyable, Sendable {
    /// Whole events seen, of interest or not. An event without any `data` field is none (as the standard says).
    package private(set) var eventCount = 0
    /// Bytes of data in whole events that were skipped.
    package private(set) var skippedDataBytes = 0

    private let maximumEventBytes: Int
    private var state = LineState.streamStart(0)
    /// The last line ended in CR: a LF that follows belongs to it.
    private var awaitsLineFeed = false

    // The event that is being read.
    private var name = SSEName.unnamed
    private var hasFields = false
    private var dataLines = 0
    private var dataBytes = 0
    private var isDropped = false
    /// The next part of data is its line's first.
    private var opensLine = false
    /// Data of the event that was cut or has several lines.
    private var carry = ByteWriter()
    /// The value of an `event` field that was cut.
    private var nameCarry = ByteWriter()

    // Places in the bytes of the running call; nothing of them outlives it.
    private var inPlace: Range<Int>?

    private enum LineState: Equatable {
        /// So many bytes of a byte order mark were read.
        case streamStart(Int)
        case lineStart
        /// Field name bytes, first one lowest, of which there are `count`; all of them agree with a known field.
        case field(UInt64, count: Int)
        /// Behind the colon; one space may come.
        case valueStart(Field)
        case value(Field)
    }

    private enum Field: Equatable {
        case data, event, ignored
    }

    /// - Parameter maximumEventBytes: most bytes of data of one event of interest.
    package init(maximumEventBytes: Int = 1 << 20) {
        precondition(maximumEventBytes > 0)
        self.maximumEventBytes = maximumEventBytes
    }

    /// Whether the stream stands exactly between two events, so that another event may be put in here. False behind a
    /// lone CR, until it is known that no LF follows.
    package var isAtBoundary: Bool {
        guard !awaitsLineFeed, !hasFields else { return false }
        switch state {
        case .lineStart, .streamStart(0): return true
        default: return false
        }
    }

    /// Whether the stream stands inside an event: it would be lost if the stream ended here.
    package var isInsideEvent: Bool { hasFields || !isAtBoundary }

    /// Makes ready for the next stream; counters start again.
    package mutating func reset() {
        eventCount = 0
        skippedDataBytes = 0
        state = .streamStart(0)
        awaitsLineFeed = false
        forgetEvent()
    }

    /// Reads on from `position`, which moves behind what was used: behind an event's empty line, or to the end.
    package mutating func next(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int, interest: SSEInterest
    ) -> SSEEvent {
        if dataLines == 0 { carry.reset(keepingAtMost: 65536) }
        while position < bytes.count {
            if awaitsLineFeed {
                awaitsLineFeed = false
                if bytes[position] == Ascii.lineFeed {
                    position += 1
                    continue
                }
            }
            switch state {
            case .streamStart(let count): readByteOrderMark(bytes[position], count, &position)
            case .lineStart:
                if let passed = passDeltas(bytes, &position, interest) { return passed }
                let byte = bytes[position]
                if byte == Ascii.lineFeed || byte == Ascii.carriageReturn {
                    position += 1
                    awaitsLineFeed = byte == Ascii.carriageReturn
                    if let event = dispatch(bytes, interest) { return event }
                } else {
                    startLine(bytes, &position)
                }
            case .field(let letters, let count): readField(bytes, &position, letters, count)
            case .valueStart(let field):
                if bytes[position] == Ascii.space { position += 1 }
                state = .value(field)
                if field == .data { startData(interest) }
            case .value(let field): readValue(field, bytes, &position)
            }
        }
        keepInPlace(bytes)
        return .needMore
    }

    /// Most of a stream are deltas, written one like the other: those that are whole are passed over together, not line by line.
    private mutating func passDeltas(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int, _ interest: SSEInterest
    ) -> SSEEvent? {
        guard !hasFields, !interest.contains(.contentBlockDelta), let start = bytes.baseAddress else { return nil }
        var count = 0, dataBytes = 0
        position += tg_pass_deltas(start + position, bytes.count - position, &count, &dataBytes)
        guard count > 0 else { return nil }
        eventCount += count
        skippedDataBytes += dataBytes
        return .skipped(.contentBlockDelta, count: count)
    }

    // MARK: Lines

    private mutating func readByteOrderMark(_ byte: UInt8, _ count: Int, _ position: inout Int) {
        let mark: [3 of UInt8] = [0xEF, 0xBB, 0xBF]
        if byte == mark[count] {
            position += 1
            state = count == 2 ? .lineStart : .streamStart(count + 1)
        } else if count == 0 {
            state = .lineStart
        } else {
            // A field whose name begins with half a mark: unknown, ignored.
            hasFields = true
            state = .value(.ignored)
        }
    }

    /// Most lines arrive whole: tell their field at one glance.
    private mutating func startLine(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) {
        let left = bytes.count - position
        if left >= 6 {
            let head = bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian
            if head == FieldText.data, bytes[position + 4] == Ascii.colon {
                hasFields = true
                position += 5
                state = .valueStart(.data)
                return
            }
            if head == FieldText.even, bytes[position + 4] == UInt8(ascii: "t"), bytes[position + 5] == Ascii.colon {
                hasFields = true
                position += 6
                state = .valueStart(.event)
                return
            }
        }
        state = .field(0, count: 0)
    }

    /// The slow way into a line, byte by byte, until its field is known.
    private mutating func readField(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int, _ letters: UInt64, _ count: Int
    ) {
        let byte = bytes[position]
        let field: Field = letters == FieldText.data64 ? .data : letters == FieldText.event64 ? .event : .ignored
        switch byte {
        case Ascii.colon:
            // A line that begins with a colon is a comment and no field.
            if count > 0 { hasFields = true }
            position += 1
            state = count > 0 ? .valueStart(field) : .value(.ignored)
        case Ascii.lineFeed, Ascii.carriageReturn:
            // A name without a colon is a field with an empty value.
            hasFields = true
            state = .valueStart(field)
        default:
            hasFields = true
            position += 1
            let read = letters | UInt64(byte) << UInt64(count * 8)
            state = FieldText.isPrefix(read, count: count + 1) ? .field(read, count: count + 1) : .value(.ignored)
        }
    }

    private mutating func readValue(_ field: Field, _ bytes: UnsafeRawBufferPointer, _ position: inout Int) {
        let start = position
        let end = bytes.firstLineEnd(in: start..<bytes.count)
        let part = start..<(end ?? bytes.count)
        switch field {
        case .data: addData(bytes, part)
        case .event:
            if end != nil, nameCarry.isEmpty {
                name = .recognise(bytes.slice(part))
            } else {
                // One byte more than any known name tells a long one.
                let room = SSEName.longest + 1 - nameCarry.count
                nameCarry.append(bytes.slice(part.prefix(max(0, room))))
                if end != nil { name = .recognise(nameCarry.bytes) }
            }
            if end != nil { nameCarry.reset() }
        case .ignored: break
        }
        position = part.upperBound
        guard let end else { return }
        awaitsLineFeed = bytes[end] == Ascii.carriageReturn
        position = end + 1
        state = .lineStart
    }

    // MARK: Data

    private mutating func startData(_ interest: SSEInterest) {
        dataLines += 1
        if dataLines > 1 { dataBytes += 1 }
        // The name may still come: without one nothing is thrown away.
        if name != .unnamed, !interest.contains(name) { isDropped = true }
        opensLine = true
    }

    private mutating func addData(_ bytes: UnsafeRawBufferPointer, _ part: Range<Int>) {
        dataBytes += part.count
        let opens = opensLine
        opensLine = false
        if isDropped { return }
        if dataBytes > maximumEventBytes {
            isDropped = true
            carry.reset()
            inPlace = nil
            return
        }
        if opens, dataLines == 1 {
            inPlace = part
            return
        }
        keepInPlace(bytes)
        if opens { carry.append(byte: Ascii.lineFeed) }
        carry.append(bytes.slice(part))
    }

    /// The bytes given are about to go away: what was only remembered by its place is copied.
    private mutating func keepInPlace(_ bytes: UnsafeRawBufferPointer) {
        guard let place = inPlace else { return }
        inPlace = nil
        carry.append(bytes.slice(place))
    }

    // MARK: Events

    private mutating func dispatch(_ bytes: UnsafeRawBufferPointer, _ interest: SSEInterest) -> SSEEvent? {
        defer { forgetEvent() }
        guard dataLines > 0 else { return nil }
        eventCount += 1
        guard interest.contains(name), !isDropped else {
            skippedDataBytes += dataBytes
            return .skipped(name, count: 1)
        }
        return .event(name: name, data: inPlace.map { bytes.slice($0) } ?? carry.bytes)
    }

    /// The carry stays: it may have been lent; `next` clears it.
    private mutating func forgetEvent() {
        name = .unnamed
        hasFields = false
        dataLines = 0
        dataBytes = 0
        isDropped = false
        inPlace = nil
    }
}

/// The two fields that matter, as numbers of their letters.
private enum FieldText {
    static let data: UInt32 = 0x6174_6164
    static let even: UInt32 = 0x6E65_7665
    static let data64 = UInt64(data)
    static let event64 = UInt64(even) | UInt64(UInt8(ascii: "t")) << 32

    static func isPrefix(_ letters: UInt64, count: Int) -> Bool {
        guard count <= 5 else { return false }
        let mask = (UInt64(1) << UInt64(count * 8)) - 1
        return letters == event64 & mask || (count <= 4 && letters == data64 & mask)
    }
}
