import Wire

/// Reads a file of the compiled time zone database (TZif, RFC 8536), of any version.
struct ZoneFile {
    struct Fault: Error, Equatable {
        let sentence: String
    }

    /// Larger than any of the database; bounds what is read.
    static let maximumSize = 256 << 10
    /// The year up to which the rule for the future is written out.
    private static let lastYear = 2100

    private let bytes: [UInt8]
    private var position = 0

    /// The time zone that the bytes describe.
    static func parse(_ bytes: [UInt8], name: String) throws(Fault) -> TimeZone {
        guard bytes.count <= maximumSize else { throw Fault(sentence: "is larger than a time zone file can be") }
        var file = ZoneFile(bytes)
        return try file.zone(name)
    }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    private struct Header {
        var version: UInt8
        /// Of UT/local and standard/wall indicators, leap seconds, transitions, types, bytes of abbreviations.
        var indicators: Int, standards: Int, leaps: Int, times: Int, types: Int, characters: Int

        func size(ofTime width: Int) -> Int {
            times * (width + 1) + types * 6 + characters + leaps * (width + 4) + standards + indicators
        }
    }

    private mutating func zone(_ name: String) throws(Fault) -> TimeZone {
        let first = try header()
        guard first.version >= UInt8(ascii: "2") else {
            return try data(first, width: 4, name: name) { _ throws(Fault) in nil }
        }
        // What a reader of the first version would take, in 32 bits.
        try skip(first.size(ofTime: 4))
        let second = try header()
        return try data(second, width: 8, name: name) { file throws(Fault) in try file.footer() }
    }

    // MARK: Parts

    private mutating func take(_ count: Int) throws(Fault) -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else { throw Fault(sentence: "ends before its end") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    private mutating func skip(_ count: Int) throws(Fault) { _ = try take(count) }

    /// Big-endian, signed.
    private mutating func integer(_ width: Int) throws(Fault) -> Int64 {
        let value = try take(width).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return width == 8 ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
    }

    private mutating func count() throws(Fault) -> Int {
        let value = try integer(4)
        guard (0...Int64(Self.maximumSize)).contains(value) else { throw Fault(sentence: "has a count out of range") }
        return Int(value)
    }

    private mutating func header() throws(Fault) -> Header {
        guard try take(4).elementsEqual("TZif".utf8) else { throw Fault(sentence: "is no time zone file") }
        let version = try integer(1)
        try skip(15)
        let indicators = try count(), standards = try count(), leaps = try count()
        let times = try count(), types = try count(), characters = try count()
        guard types > 0, types <= 256 else { throw Fault(sentence: "has no types of local time") }
        return Header(
            version: UInt8(truncatingIfNeeded: version), indicators: indicators, standards: standards, leaps: leaps,
            times: times, types: types, characters: characters)
    }

    /// RFC 8536 §3.2: the tables, and the rule behind them.
    private mutating func data(
        _ header: Header, width: Int, name: String, footer: (inout ZoneFile) throws(Fault) -> PosixZone?
    ) throws(Fault) -> TimeZone {
        guard header.leaps == 0 else { throw Fault(sentence: "counts leap seconds, which Unix time does not") }
        // Before anything of that size is made.
        guard header.size(ofTime: width) <= bytes.count - position else { throw Fault(sentence: "ends before its end") }
        var moments: [Int64] = []
        for _ in 0..<header.times {
            let moment = try integer(width)
            if let last = moments.last, last >= moment { throw Fault(sentence: "has transitions out of order") }
            moments.append(moment)
        }
        let kinds = try take(header.times).map(Int.init)
        let offsets = try offsets(header.types)
        try skip(header.characters + header.standards + header.indicators)
        guard kinds.allSatisfy({ $0 < offsets.count }) else { throw Fault(sentence: "names a type that is not there") }
        var table = ZoneTable(firstOffset: offsets[0])
        for (moment, kind) in zip(moments, kinds) { table.append(moment, offsets[kind]) }
        if let rule = try footer(&self) { table.extend(by: rule, behind: moments.last, until: Self.lastYear) }
        return TimeZone(name: name, transitions: table.transitions, firstOffset: table.firstOffset)
    }

    private mutating func offsets(_ count: Int) throws(Fault) -> [Int64] {
        var offsets: [Int64] = []
        for _ in 0..<count {
            let offset = try integer(4)
            try skip(2)
            // RFC 8536 §3.2: more than -25 and less than 26 hours.
            guard offset > -90_000, offset < 93_600 else { throw Fault(sentence: "has an offset out of range") }
            offsets.append(offset)
        }
        return offsets
    }

    /// RFC 8536 §3.3: a TZ string between two line ends; empty where nothing is known of the future.
    private mutating func footer() throws(Fault) -> PosixZone? {
        guard try take(1).first == UInt8(ascii: "\n") else { throw Fault(sentence: "has no footer") }
        let rest = bytes[position...]
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { throw Fault(sentence: "ends before its end") }
        position = end + 1
        if rest.startIndex == end { return nil }
        guard let rule = PosixZone(String(decoding: rest[..<end], as: UTF8.self)) else {
            throw Fault(sentence: "has a rule for the future that is not understood")
        }
        return rule
    }
}

/// Transitions as they are put together.
private struct ZoneTable {
    let firstOffset: Int64
    private(set) var transitions: [(from: Int64, offset: Int64)] = []

    init(firstOffset: Int64) { self.firstOffset = firstOffset }

    /// What changes nothing is left out; of two at the same moment the later counts.
    mutating func append(_ moment: Int64, _ offset: Int64) {
        if transitions.last?.from == moment { transitions.removeLast() }
        if transitions.last?.offset ?? firstOffset != offset { transitions.append((moment, offset)) }
    }

    mutating func extend(by rule: PosixZone, behind last: Int64?, until year: Int) {
        guard rule.summer != nil else {
            // Without transitions it is for all time what the rule says, else from the last one on.
            return append(last ?? .min, rule.standard)
        }
        let from = last.map { CivilDate(daysSince1970: Int(max($0, -3_000_000_000) / 86_400)).year } ?? 1970
        guard from <= year else { return }
        let changes = (from...year).flatMap { rule.transitions(in: $0) }.enumerated()
            .sorted { ($0.element.from, $0.offset) < ($1.element.from, $1.offset) }.map(\.element)
        // What the rule says of the time just behind the tables is what they end with.
        for change in changes where change.from > last ?? .min { append(change.from, change.offset) }
    }
}
