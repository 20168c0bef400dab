import Wire

/// The rule for the time after the last transition of a time zone file: a TZ string (POSIX, with the extensions of RFC 8536 §3.3.1),
/// such as `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixZone: Equatable {
    /// When one of the two times of a year begins: a day, and seconds from its midnight on the clocks until then.
    struct Change: Equatable {
        enum Day: Equatable {
            /// 1...365; 29 February is not counted.
            case julian(Int)
            /// 0...365; 29 February is counted.
            case ordinal(Int)
            /// The so-and-so-many-th weekday of a month (5: the last); 0 is Sunday.
            case weekday(Int, week: Int, month: Int)
        }
        var day: Day
        var time: Int64 = 7_200
    }

    /// Seconds ahead of UTC.
    var standard: Int64
    var summer: (offset: Int64, start: Change, end: Change)?

    static func == (left: PosixZone, right: PosixZone) -> Bool {
        guard left.standard == right.standard else { return false }
        switch (left.summer, right.summer) {
        case (nil, nil): return true
        case (let left?, let right?): return left == right
        default: return false
        }
    }

    /// `nil` for what is none.
    init?(_ text: some StringProtocol) {
        var reader = PosixZoneReader(text)
        guard reader.skipName(), let offset = reader.signedTime(hours: 24) else { return nil }
        standard = -offset
        if reader.isAtEnd { return }
        guard reader.skipName() else { return nil }
        var summerOffset = standard + 3_600
        if !reader.isAt(UInt8(ascii: ",")) {
            guard let offset = reader.signedTime(hours: 24) else { return nil }
            summerOffset = -offset
        }
        guard let start = reader.change(), let end = reader.change(), reader.isAtEnd else { return nil }
        summer = (summerOffset, start, end)
    }

    /// When clocks change in a year, and to what, in the order of the two rules.
    func transitions(in year: Int) -> [(from: Int64, offset: Int64)] {
        guard let summer else { return [] }
        return [
            (summer.start.local(in: year) - standard, summer.offset),
            (summer.end.local(in: year) - summer.offset, standard),
        ]
    }
}

extension PosixZone.Change {
    /// Seconds of the local clock since 1970.
    func local(in year: Int) -> Int64 { Int64(dayNumber(in: year)) * 86_400 + time }

    private func dayNumber(in year: Int) -> Int {
        let newYear = CivilDate(year: year, month: 1, day: 1)?.daysSince1970 ?? 0
        switch day {
        case .ordinal(let number): return newYear + number
        case .julian(let number): return newYear + number - (CivilDate.isLeap(year) && number >= 60 ? 0 : 1)
        case .weekday(let weekday, let week, let month):
            guard let first = CivilDate(year: year, month: month, day: 1) else { return newYear }
            var day = (weekday - first.weekday + 7) % 7 + (week - 1) * 7
            if day >= CivilDate.days(inMonth: month, ofYear: year) { day -= 7 }
            return first.daysSince1970 + day
        }
    }
}

/// Reads the parts of a TZ string from its front.
private struct PosixZoneReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { position == bytes.count }

    func isAt(_ byte: UInt8) -> Bool { position < bytes.count && bytes[position] == byte }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard isAt(byte) else { return false }
        position += 1
        return true
    }

    /// Letters, three at least, or anything plain between `<` and `>`.
    mutating func skipName() -> Bool {
        let isQuoted = take(UInt8(ascii: "<")), start = position
        while position < bytes.count, Self.isNameByte(bytes[position], isQuoted: isQuoted) { position += 1 }
        let length = position - start
        return length >= 3 && (!isQuoted || take(UInt8(ascii: ">")))
    }

    private static func isNameByte(_ byte: UInt8, isQuoted: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"): isQuoted
        default: false
        }
    }

    private mutating func number(atMost limit: Int) -> Int? {
        let start = position
        var value = 0
        while position < bytes.count, position - start < 3, (0x30...0x39).contains(bytes[position]) {
            value = value * 10 + Int(bytes[position] - 0x30)
            position += 1
        }
        return position > start && value <= limit ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]`, seconds.
    mutating func signedTime(hours limit: Int) -> Int64? {
        let isNegative = take(UInt8(ascii: "-"))
        if !isNegative { _ = take(UInt8(ascii: "+")) }
        guard let hours = number(atMost: limit) else { return nil }
        var seconds = hours * 3_600
        for scale in [60, 1] {
            guard take(UInt8(ascii: ":")) else { break }
            guard let part = number(atMost: 59) else { return nil }
            seconds += part * scale
        }
        return Int64(isNegative ? -seconds : seconds)
    }

    /// `,date[/time]`.
    mutating func change() -> PosixZone.Change? {
        guard take(UInt8(ascii: ",")), let day = day() else { return nil }
        var change = PosixZone.Change(day: day)
        if take(UInt8(ascii: "/")) {
            guard let time = signedTime(hours: 167) else { return nil }
            change.time = time
        }
        return change
    }

    private mutating func day() -> PosixZone.Change.Day? {
        if take(UInt8(ascii: "J")) { return number(atMost: 365).flatMap { $0 > 0 ? .julian($0) : nil } }
        guard take(UInt8(ascii: "M")) else { return number(atMost: 365).map { .ordinal($0) } }
        guard let month = number(atMost: 12), month > 0, take(UInt8(ascii: ".")), let week = number(atMost: 5),
            week > 0,
            take(UInt8(ascii: ".")), let weekday = number(atMost: 6)
        else { return nil }
        return .weekday(weekday, week: week, month: month)
    }
}
