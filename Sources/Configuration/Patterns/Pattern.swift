import CPCRE2

/// A regular expression of the configuration (PCRE2, UTF-8), compiled once.
///
/// `@unchecked Sendable`: compiled code is immutable, and PCRE2 allows any number of threads to match with it at once (pcre2api,
/// "Multithreading"); what a match writes is its own.
package final class Pattern: @unchecked Sendable {
    package let text: String
    private let code: OpaquePointer

    /// Bytes that are no UTF-8 never match, and are no fault.
    private static let options = UInt32(PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C)

    /// Why a pattern cannot be used, in words.
    package struct Fault: Error, Equatable {
        package let sentence: String
        /// Where in the pattern, bytes.
        package let offset: Int
    }

    package init(_ text: String) throws(Fault) {
        var number: Int32 = 0, offset = 0
        let made = text.utf8.withContiguousStorageIfAvailable { bytes in
            pcre2_compile_8(bytes.baseAddress, bytes.count, Self.options, &number, &offset, nil)
        }
        guard let code = made ?? nil else {
            var words = [UInt8](repeating: 0, count: 256)
            let count = pcre2_get_error_message_8(number, &words, words.count)
            throw Fault(sentence: String(decoding: words.prefix(max(0, Int(count))), as: UTF8.self), offset: offset)
        }
        self.text = text
        self.code = code
    }

    deinit { pcre2_code_free_8(code) }

    /// Steps of one match, at most: a pattern that would take for ever on hostile text gives up.
    private static let matchLimit: UInt32 = 100_000

    /// Where it matches, in order, without overlaps; `nil`: it gave up, so nothing may be concluded.
    package func matches(in text: UnsafeRawBufferPointer) -> [Range<Int>]? {
        guard let data = pcre2_match_data_create_from_pattern_8(code, nil),
            let context = pcre2_match_context_create_8(nil)
        else { return nil }
        defer {
            pcre2_match_data_free_8(data)
            pcre2_match_context_free_8(context)
        }
        pcre2_set_match_limit_8(context, Self.matchLimit)
        var found: [Range<Int>] = [], position = 0
        let subject = text.bindMemory(to: UInt8.self)
        while position <= text.count {
            let count = pcre2_match_8(code, subject.baseAddress, subject.count, position, 0, data, context)
            if count == PCRE2_ERROR_NOMATCH { return found }
            guard count > 0, let ends = pcre2_get_ovector_pointer_8(data) else { return nil }
            let range = ends[0]..<max(ends[0], ends[1])
            if !range.isEmpty { found.append(range) }
            position = range.isEmpty ? range.upperBound + 1 : range.upperBound
        }
        return found
    }
}
