/// Where things lie in a journal slot, and in its file.
///
/// A slot is two pages: state, numbers, places of texts, eight attempts, and the texts themselves in what is left. Texts
/// are laid down in the order they come, so that most requests touch the first page only and the second costs no memory.
/// The layout is only read by the build that wrote it, or by a later one with the same `version`.
enum SlotLayout {
    /// Bytes of a slot, and of the file's header.
    static let slotSize = 8192
    static let attemptCapacity = 8

    /// To be raised with every change of the structs below.
    static let version: UInt32 = 2
    /// The file begins with these eight bytes, then `version` and `slotSize` as UInt32 (machine order).
    static let magic: UInt64 = 0x544F_4C4C_4A52_4E4C

    static let numbersOffset = 16
    static let textsOffset = numbersOffset + MemoryLayout<RequestNumbers>.stride
    static let attemptsOffset = textsOffset + 26 * MemoryLayout<TextPlace>.stride
    static let arenaOffset = attemptsOffset + attemptCapacity * MemoryLayout<AttemptRecord>.stride
    static let arenaSize = slotSize - arenaOffset
}

/// The life of a slot. Only these values are ever in its first word; anything else counts as free.
enum SlotState {
    /// The slot holds nothing, or a row half written before its dispatch. Goes to `open`.
    static let free: UInt32 = 0
    /// A row whose request may be running. Goes to `closed`.
    static let open: UInt32 = 1
    /// A finished row on its way into the database. Goes to `free` once it is there.
    static let closed: UInt32 = 2
}

/// A text's bytes in the slot's arena; length 0 is no text.
struct TextPlace: BitwiseCopyable {
    var offset: UInt16 = 0
    var length: UInt16 = 0
}

/// The fixed-width part of a request's row. Durations are nanoseconds, -1 is "unknown".
struct RequestNumbers: BitwiseCopyable {
    var id: Int64 = 0
    var startedAt: Int64 = 0
    var duration: Int64 = -1
    var timeToFirstByte: Int64 = -1
    var bytesIn: Int64 = 0
    var bytesOut: Int64 = 0
    var usage = UsageCounts()
    var costNanoUSD: Int64 = 0
    /// Two estimates, written in turn, and the turn: a death in the middle of a revision leaves the former whole.
    var firstEstimate = UsageEstimate()
    var secondEstimate = UsageEstimate()
    var traceHigh: UInt64 = 0
    var traceLow: UInt64 = 0
    var spanID: UInt64 = 0
    var status: Int32 = 0
    /// Bytes of the arena that are taken.
    var arenaUsed: UInt16 = 0
    var secondEstimateIsValid = false
    var outcome: UInt8 = 0
    var operation: UInt8 = 0
    var attempts: UInt8 = 0
    var streamed = false
    var unpriced = false
    var estimated = false
    var truncated = false
}

/// One attempt of a request.
struct AttemptRecord: BitwiseCopyable {
    var startedAt: Int64 = 0
    var duration: Int64 = -1
    var timeToFirstByte: Int64 = -1
    var usage = UsageCounts()
    var costNanoUSD: Int64 = 0
    var spanID: UInt64 = 0
    var admission: Int64 = 0
    var settlement: Int64 = 0
    var provider = TextPlace()
    var providerKind = TextPlace()
    var model = TextPlace()
    var priceVersion = TextPlace()
    var holds = TextPlace()
    var errorType = TextPlace()
    var upstreamRequestID = TextPlace()
    var status: Int32 = 0
    var outcome: UInt8 = 0
    var estimated = false
    var reusedConnection = false
    /// Written last: until then the attempt counts as running.
    var closed = false
}
