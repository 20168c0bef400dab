import CScan

/// Finds the members of a large object's first level while its bytes arrive. HOT: several gigabytes per second.
///
/// The first level is checked fully (names, colons, commas, scalars, escapes of its strings). Below, brackets must match
/// by kind and depth, strings must end and hold no control characters, and no backslash may stand outside of them; the
/// rest is left to whoever reads the body next. What is found does not depend on how the bytes were cut.
package struct JSONObjectScanner: Sendable {
    /// The members found so far, in order; complete after `finish`. The same name may occur twice.
    package var members: [JSONMember] { grammar.members }

    private let isPortable: Bool
    private var state: tg_json_state
    /// Bytes of the body that were scanned; a multiple of 64 until `finish`.
    private var scanned = 0
    private var grammar: JSONObjectGrammar

    /// - Parameters:
    ///   - maximumDepth: brackets that may be open at once, the object's own included; 1...1024.
    ///   - maximumMembers: members of the first level; bounds the memory a hostile body can cost.
    package init(maximumDepth: Int = 512, maximumMembers: Int = 1024) {
        self.init(maximumDepth: maximumDepth, maximumMembers: maximumMembers, isPortable: false)
    }

    /// - Parameter isPortable: use no SIMD; for the tests that compare both ways.
    init(maximumDepth: Int, maximumMembers: Int, isPortable: Bool) {
        precondition((1...Int(TG_JSON_DEPTH)).contains(maximumDepth) && maximumMembers > 0)
        self.isPortable = isPortable
        self.state = tg_json_state()
        self.state.depth_limit = UInt32(maximumDepth)
        self.grammar = JSONObjectGrammar(maximumMembers: maximumMembers)
    }

    /// Makes ready for the next body; the member array keeps its memory.
    package mutating func reset() {
        let limit = state.depth_limit
        state = tg_json_state()
        state.depth_limit = limit
        scanned = 0
        grammar.reset()
    }

    /// Reads on. `body` is all of the body so far, always from its first byte; its memory may have moved.
    ///
    /// - Throws: the first fault; the scanner is then of no further use.
    package mutating func consume(_ body: UnsafeRawBufferPointer) throws(JSONError) {
        precondition(body.count >= scanned, "the body has shrunk")
        let end = body.count & ~63
        if end > scanned, let fault = scan(body, block: body, to: end, offset: 0) { throw fault }
    }

    /// Reads the rest of the whole body and checks that the object is complete.
    ///
    /// - Throws: the first fault.
    package mutating func finish(_ body: UnsafeRawBufferPointer) throws(JSONError) {
        try consume(body)
        let rest = body.slice(scanned..<body.count)
        if rest.count > 0 {
            let offset = scanned
            let fault = withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { block -> JSONError? in
                // The last block is filled up with blanks, which mean nothing outside strings and end none.
                block.initializeMemory(as: UInt8.self, repeating: Ascii.space)
                block.copyMemory(from: rest)
                return scan(body, block: UnsafeRawBufferPointer(block), to: 64, offset: offset)
            }
            if let fault { throw fault }
        }
        try grammar.finish(body)
    }

    /// Scans `block`, which stands `offset` bytes into the body, up to `end`, and answers the first fault.
    private mutating func scan(
        _ body: UnsafeRawBufferPointer, block: UnsafeRawBufferPointer, to end: Int, offset: Int
    ) -> JSONError? {
        guard let base = block.bindMemory(to: UInt8.self).baseAddress else { return nil }
        return withUnsafeTemporaryAllocation(of: Int.self, capacity: JSONMarks.room(for: end - scanned + offset)) {
            marks -> JSONError? in
            guard let out = marks.baseAddress else { return nil }
            var from = scanned - offset
            while end - from >= 64 {
                let result =
                    isPortable
                    ? tg_json_scan_portable(&state, base, from, end, out, marks.count)
                    : tg_json_scan(&state, base, from, end, out, marks.count)
                // What stands before a fault is read first, so that the earlier fault is the one reported.
                if let fault = grammar.read(marks[..<result.count], offset: offset, in: body) { return fault }
                if let reason = JSONObjectScanner.reason(result.status) {
                    return JSONError(reason, at: result.position + offset)
                }
                from = result.position
            }
            scanned = min(from + offset, body.count)
            return nil
        }
    }

    private static func reason(_ status: tg_json_status) -> JSONError.Reason? {
        switch status {
        case TG_JSON_MISMATCH: .mismatchedBracket
        case TG_JSON_TOO_DEEP: .tooDeep
        case TG_JSON_CONTROL: .controlCharacter
        case TG_JSON_STRAY_BACKSLASH: .strayBackslash
        default: nil
        }
    }
}
