import Wire

extension Trial {
    /// Framing of streams.
    static let streams = [
        Trial(name: "sse") { bytes in
            try sameVerdict(bytes) { bytes, pieces in
                let events = try StreamEvents(bytes, pieces, maximum: 1 << 20, interest: .all)
                try require(events.events == PlainEvents.read(bytes), "rightly \(PlainEvents.read(bytes)): \(events)")
                return events
            }
            try sameVerdict(bytes) { try StreamEvents($0, $1, maximum: 16, interest: .metering) }
        },
        Trial(name: "event-stream") { bytes in
            try sameVerdict(bytes) { try FrameEvents($0, $1) }
            // What has the right checksums is read on.
            try Frames.sealed(bytes).withUnsafeBytes { sealed in try sameVerdict(sealed) { try FrameEvents($0, $1) } }
        },
    ]
}

/// What a parser finds in an event stream.
struct StreamEvents: Equatable {
    var events: [[UInt8]] = []
    var count = 0
    var skippedBytes = 0
    var isInside = false

    init(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts, maximum: Int, interest: SSEInterest) throws {
        var parser = SSEParser(maximumEventBytes: maximum)
        try pieces.forEach(bytes) { piece in
            var position = 0
            reading: while true {
                switch parser.next(piece, &position, interest: interest) {
                case .event(let name, let data):
                    try require(data.count <= maximum && interest.contains(name), "an event of no interest")
                    events.append(PlainEvents.shown(name, data))
                case .skipped(let name, let count): events += Array(repeating: [name.rawValue], count: count)
                case .needMore: break reading
                }
            }
            try require(position == piece.count, "bytes are left")
        }
        count = parser.eventCount
        skippedBytes = parser.skippedDataBytes
        isInside = parser.isInsideEvent
    }
}

/// The algorithm of WHATWG HTML §9.2.6 as it is written there.
enum PlainEvents {
    static func shown(_ name: SSEName, _ data: some Sequence<UInt8>) -> [UInt8] { [name.rawValue, 0x3D] + data }

    static func read(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]] {
        var events: [[UInt8]] = [], name: [UInt8] = [], data: [UInt8] = [], hasData = false
        for line in lines(bytes) {
            if line.isEmpty {
                if hasData { events.append(shown(name.withUnsafeBytes(SSEName.recognise), data.dropLast())) }
                (name, data, hasData) = ([], [], false)
                continue
            }
            let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
            var value = line[colon...].dropFirst()
            if value.first == 0x20 { value = value.dropFirst() }
            if line[..<colon].elementsEqual("event".utf8) { name = Array(value) }
            if line[..<colon].elementsEqual("data".utf8) {
                data += value + [0x0A]
                hasData = true
            }
        }
        return events
    }

    /// The whole ones.
    private static func lines(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]] {
        var lines: [[UInt8]] = [], line: [UInt8] = [], behindReturn = false
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        for byte in bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes[...] {
            defer { behindReturn = byte == 0x0D }
            if byte == 0x0A, behindReturn { continue }
            if byte == 0x0A || byte == 0x0D {
                lines.append(line)
                line = []
            } else {
                line.append(byte)
            }
        }
        return lines
    }
}

/// What a parser finds in a binary event stream.
struct FrameEvents: Equatable {
    var messages: [[UInt8]] = []
    var fault: EventStreamError?

    init(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts) throws {
        var parser = EventStreamParser()
        try pieces.forEach(bytes) { piece in
            guard fault == nil else { return }
            do throws(EventStreamError) {
                var position = 0
                while case .message(let message) = try parser.next(piece, &position) {
                    _ = message.header(":content-type")
                    let parts = [message.eventType, message.exceptionType, message.errorCode, message.errorMessage]
                    messages.append(parts.flatMap { Array($0) } + Array(message.payload))
                }
            } catch {
                fault = error
            }
        }
    }
}

/// Frames whose lengths and checksums are made right, so that what is in them is tried.
enum Frames {
    static func sealed(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var frames = Array(bytes), start = 0
        while frames.count - start >= 16 {
            let left = frames.count - start
            let total = min(max(number(frames, start), 16), left)
            let headers = number(frames, start + 4) % (total - 16 + 1)
            put(total, &frames, start)
            put(headers, &frames, start + 4)
            put(check(frames, start..<start + 8), &frames, start + 8)
            put(check(frames, start..<start + total - 4), &frames, start + total - 4)
            start += total
        }
        return frames
    }

    private static func check(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
        bytes.withUnsafeBytes { Int(CRC32.of($0.slice(range))) }
    }

    private static func number(_ bytes: [UInt8], _ start: Int) -> Int {
        bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    private static func put(_ value: Int, _ bytes: inout [UInt8], _ start: Int) {
        for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: value >> (24 - 8 * index)) }
    }
}
