import CPCRE2

/// A regular expression of the configuration (PCRE2, UTF-8), compiled once.
///
/// `@unchecked Sendable`: compiled code is immutable, and PCRE2 allows any number of threads to match with it at once (pcre2api,
/// "Multithreading"); what a match writes is its own.
package final class Pattern: @unchecked Sendable {
    package let text: String
    private let code: OpaquePointer

    /// Why a pattern cannot be used, in words.
    package struct Fault: Error, Equatable {
        package let sentence: String
        /// Where in the pattern, bytes.
        package let offset: Int
    }

    package init(_ text: String) throws(Fault) {
        let head = Self.verbs(of: text), watched = text.prefix(head) + Self.watch + text.dropFirst(head)
        var number: Int32 = 0, offset = 0
        let made = String(watched).utf8.withContiguousStorageIfAvailable { bytes in
            let options = UInt32(PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C)
            return pcre2_compile_8(bytes.baseAddress, bytes.count, options, &number, &offset, nil)
        }
        guard let code = made ?? nil else {
            var words = [UInt8](repeating: 0, count: 256)
            let count = pcre2_get_error_message_8(number, &words, words.count)
            throw Fault(
                sentence: String(decoding: words.prefix(max(0, Int(count))), as: UTF8.self),
                offset: offset > head ? max(head, offset - Self.watch.utf8.count) : offset)
        }
        self.text = text
        self.code = code
    }

    deinit { pcre2_code_free_8(code) }

    /// Calls back wherever a match is tried: the limits below count neither how far one step runs nor how often one begins anew.
    private static let watch = "(?C1)"

    /// Characters of what may stand at the very begin only: `(*UCP)` and the like.
    private static func verbs(of text: String) -> Int {
        var rest = text[...]
        while rest.hasPrefix("(*"), let end = rest.firstIndex(of: ")") { rest = rest[rest.index(after: end)...] }
        return text.count - rest.count
    }

    /// Steps of one match, and the memory that it may take, KiB: a pattern that would take for ever on hostile text gives up.
    private static let matchLimit: UInt32 = 100_000, heapLimit: UInt32 = 16_384

    /// Where it matches, in order, without overlaps; `nil`: it gave up, or the time was over, so nothing may be concluded.
    package func matches(in text: String, within budget: PatternBudget) -> [Range<Int>]? {
        guard !budget.isSpent, let data = pcre2_match_data_create_from_pattern_8(code, nil),
            let context = pcre2_match_context_create_8(nil)
        else { return nil }
        defer {
            pcre2_match_data_free_8(data)
            pcre2_match_context_free_8(context)
        }
        pcre2_set_match_limit_8(context, Self.matchLimit)
        pcre2_set_depth_limit_8(context, Self.matchLimit)
        pcre2_set_heap_limit_8(context, Self.heapLimit)
        // The budget outlives the match.
        pcre2_set_callout_8(
            context, { _, budget in Pattern.mayGoOn(budget) }, Unmanaged.passUnretained(budget).toOpaque())
        var text = text
        return text.withUTF8 { find(in: $0, data, context) }
    }

    private static func mayGoOn(_ budget: UnsafeMutableRawPointer?) -> Int32 {
        guard let budget else { return PCRE2_ERROR_CALLOUT }
        return Unmanaged<PatternBudget>.fromOpaque(budget).takeUnretainedValue().spend() ? 0 : PCRE2_ERROR_CALLOUT
    }

    /// `subject` is a `String`'s, so it is UTF-8: each match would look through all of it again otherwise.
    private func find(
        in subject: UnsafeBufferPointer<UInt8>, _ data: OpaquePointer, _ context: OpaquePointer
    ) -> [Range<Int>]? {
        var found: [Range<Int>] = [], position = 0
        while position <= subject.count {
            let count = pcre2_match_8(
                code, subject.baseAddress, subject.count, position, UInt32(PCRE2_NO_UTF_CHECK), data, context)
            if count == PCRE2_ERROR_NOMATCH { return found }
            guard count > 0, let ends = pcre2_get_ovector_pointer_8(data) else { return nil }
            // `\K` in a look-ahead can put the begin behind the end.
            let range = ends[0]..<max(ends[0], ends[1])
            if !range.isEmpty { found.append(range) }
            position = max(position, range.upperBound) + (range.isEmpty ? 1 : 0)
            while position < subject.count, subject[position] & 0xC0 == 0x80 { position += 1 }
        }
        return found
    }
}

/// How long patterns may look for something, all together; for one thread.
package final class PatternBudget {
    private let now: () -> Int64
    private let deadline: Int64
    private var steps = 0
    /// The time is over.
    package private(set) var isSpent = false

    /// - Parameters:
    ///   - nanoseconds: how long.
    ///   - now: a monotonic clock.
    package init(nanoseconds: Int64, now: @escaping () -> Int64) {
        self.now = now
        deadline = now() + nanoseconds
    }

    /// Called often; looks at the clock now and then. False: the time is over.
    func spend() -> Bool {
        steps += 1
        if steps & 15 == 0, now() >= deadline { isSpent = true }
        return !isSpent
    }
}
