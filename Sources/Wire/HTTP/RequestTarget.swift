import CScan

/// The version of a first line (RFC 9112 §2.3).
enum HTTPVersion {
    /// The minor version of `HTTP/1.x`: 0, or 1 for 1.1 and above.
    static func minor(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(HTTPParseError) -> Int {
        let text = bytes.slice(range)
        guard text.count == 8, text[0..<5].elementsEqual(StaticString("HTTP/").bytes), Ascii.isDigit(text[5]),
            text[6] == Ascii.dot, Ascii.isDigit(text[7])
        else {
            throw bytes.hasStrayReturn(range) ? .bareCarriageReturn : .versionMalformed
        }
        guard text[5] == Ascii.zero + 1 else { throw .versionUnsupported }
        return text[7] == Ascii.zero ? 0 : 1
    }
}

/// A request target taken apart (RFC 9112 §3.2): origin form, absolute form, or `*` for OPTIONS.
struct RequestTarget {
    let path: Range<Int>
    let query: Range<Int>

    init(_ bytes: UnsafeRawBufferPointer, _ target: Range<Int>, method: HTTPMethod) throws(HTTPParseError) {
        guard let base = bytes.baseAddress, !target.isEmpty,
            tg_http_target_length(base + target.lowerBound, target.count) == target.count
        else {
            throw bytes.hasStrayReturn(target) ? .bareCarriageReturn : .targetInvalid
        }
        var start = target.lowerBound
        if bytes[start] != Ascii.slash {
            if bytes.slice(target).equals("*") {
                guard method == .options else { throw .targetInvalid }
                self.path = target
                self.query = target.upperBound..<target.upperBound
                return
            }
            start = try RequestTarget.pathStart(bytes, target)
        }
        let question = bytes.firstIndex(of: Ascii.question, in: start..<target.upperBound)
        self.path = start..<(question ?? target.upperBound)
        self.query = min((question ?? target.upperBound) + 1, target.upperBound)..<target.upperBound
    }

    /// Where the path of an absolute `http` or `https` URL begins.
    private static func pathStart(
        _ bytes: UnsafeRawBufferPointer, _ target: Range<Int>
    ) throws(HTTPParseError) -> Int {
        let url = bytes.slice(target)
        let scheme = url.startsIgnoringCase("http://") ? 7 : url.startsIgnoringCase("https://") ? 8 : 0
        guard scheme > 0 else { throw .targetInvalid }
        let start = target.lowerBound + scheme
        var end = start
        while end < target.upperBound, bytes[end] != Ascii.slash, bytes[end] != Ascii.question { end += 1 }
        guard end > start, isAuthority(bytes.slice(start..<end)) else { throw .targetInvalid }
        return end
    }

    /// Whether `text` is `uri-host [":" port]` (RFC 9110 §7.2); the empty value is grammatical.
    static func isAuthority(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let base = text.baseAddress, text.count > 0 else { return true }
        var end = 0
        if text[0] == Ascii.openBracket {
            guard let close = text.firstIndex(of: Ascii.closeBracket, in: 1..<text.count), close > 2 else {
                return false
            }
            for byte in text[1..<close] where Hex.value(of: byte) == nil && byte != Ascii.colon && byte != Ascii.dot {
                return false
            }
            end = close + 1
        } else {
            end = tg_http_reg_name_length(base, text.count)
        }
        guard end < text.count else { return true }
        guard end > 0, text[end] == Ascii.colon, text.count - end <= 6 else { return false }
        return text[(end + 1)...].allSatisfy(Ascii.isDigit)
    }
}
