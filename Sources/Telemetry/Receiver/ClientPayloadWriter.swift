import Wire

/// Writes a client's export anew: with the stamp of who sent it, without what may not pass, with the ids of our spans on records
/// that have none. All that is read is checked, so that one payload cannot cost a batch its delivery.
package struct ClientPayloadWriter: ~Copyable {
    /// Where a record belongs.
    package struct Place: Sendable, Equatable {
        package let trace: TraceID
        package let span: SpanID

        package init(trace: TraceID, span: SpanID) {
            self.trace = trace
            self.span = span
        }
    }

    /// Where a record belongs, as far as is known.
    package enum Join: Sendable, Equatable {
        case ours(Place)
        /// The client sends its own spans of that trace.
        case its
        case unknown
    }

    /// What comes of a payload.
    package struct Result: Sendable {
        package var bytes: [UInt8] = []
        /// Spans, points or records.
        package var items = 0
        /// Attributes that were left out or cut, by reason.
        package var edits: [String: Int] = [:]
        package var joined = 0
        /// Records that name a request or a prompt of which nothing is known.
        package var unjoined = 0
    }

    private let stamp: ClientStamp
    private let policy: AttributePolicy
    private let join: (ClientRecord) -> Join
    private let admit: (Int) -> Bool
    /// Of the name of the metric in hand.
    private var metric = 0
    private var output = ByteWriter()
    private var result = Result()
    /// Of the item in hand.
    private var attributes = 0
    private var hasUser = false
    /// It tells of a request to a model: its error is the provider's, no tool's.
    private var isOfModel = false
    /// Of the record in hand, where it belongs if not where it says.
    private var place: Place?

    private init(
        _ stamp: ClientStamp, _ policy: AttributePolicy, join: @escaping (ClientRecord) -> Join,
        admit: @escaping (Int) -> Bool
    ) {
        self.stamp = stamp
        self.policy = policy
        self.join = join
        self.admit = admit
    }

    /// - Parameters:
    ///   - bytes: the binary form of an `Export…ServiceRequest`.
    ///   - join: says where a record belongs.
    ///   - admit: whether there is room for a series, known by a hash; points of others are left out.
    package static func write(
        _ bytes: UnsafeRawBufferPointer, as signal: Signal, _ stamp: ClientStamp, _ policy: AttributePolicy,
        join: @escaping (ClientRecord) -> Join = { _ in .unknown }, admit: @escaping (Int) -> Bool = { _ in true }
    ) throws(OTLPFault) -> Result {
        var writer = ClientPayloadWriter(stamp, policy, join: join, admit: admit)
        writer.output.reserve(bytes.count + bytes.count / 4 + 1_024)
        try writer.copy(OTLPMessage(signal), bytes, depth: 0)
        writer.result.bytes = writer.output.array
        return writer.result
    }

    /// Spans, points or records of one export: thousands would be many. What is stamped on each makes much of what takes two bytes.
    static let maximumItems = 100_000
    private static let maximumOutput = 64 * 1024 * 1024

    // MARK: Messages

    private mutating func copy(_ message: OTLPMessage, _ bytes: UnsafeRawBufferPointer, depth: Int) throws(OTLPFault) {
        guard depth < OTLPTranscoder.maximumDepth else { throw .tooDeep }
        if message.isResourceGroup { try writeResource(of: bytes, depth: depth) }
        var fields = ProtobufFields(bytes)
        while let field = try fields.next() {
            guard let known = message.field(field.number) else { continue }
            if case .one(.resource) = known.kind { continue }
            try copy(known, field, of: message, depth: depth)
        }
    }

    private mutating func copy(
        _ known: OTLPField, _ field: ProtobufFields.Field, of message: OTLPMessage, depth: Int
    ) throws(OTLPFault) {
        guard output.count <= Self.maximumOutput else { throw .tooLarge }
        switch known.kind {
        case .text where message == .status && !policy.keepsContent && !isOfModel:
            guard field.type == .length else { throw .malformed }
            guard AttributePolicy.isPlain(field.bytes) else { return count("content") }
            appendText(known.number, field.bytes, limit: Self.maximumText)
        case .text where message == .logRecord && AttributePolicy.isOurs(field.bytes): return count("reserved")
        case .text:
            guard field.type == .length else { throw .malformed }
            appendText(known.number, field.bytes, limit: Self.maximumText)
        case .id where message == .logRecord && place != nil: return
        case .bytes, .id:
            guard field.type == .length, field.bytes.count <= policy.maximumValue else { throw .malformed }
            output.append(known.number, bytes: field.bytes)
        case .bool, .varint, .signedVarint:
            guard field.type == .varint else { throw .malformed }
            output.append(known.number, varint: field.value)
        case .fixed32:
            guard field.type == .fixed32 else { throw .malformed }
            output.append(known.number, fixed32: UInt32(truncatingIfNeeded: field.value))
        case .fixed64, .double:
            guard field.type == .fixed64 else { throw .malformed }
            output.append(known.number, fixed64: field.value)
        case .manyFixed64, .manyDouble, .manyVarint: try copyNumbers(known, field)
        case .one(.anyValue) where message == .logRecord: try copyBody(field, known.number, depth: depth)
        case .many(.anyValue):
            guard field.type == .length else { throw .malformed }
            let start = output.open(known.number)
            try copyValue(field.bytes, depth: depth + 1)
            output.close(start)
        case .one(let inner), .many(let inner):
            guard field.type == .length else { throw .malformed }
            if inner == .metric, try !noteMetric(field.bytes) { return count("reserved") }
            if inner.isPoint, try !isAdmitted(field.bytes, inner) { return count("series") }
            let start = output.open(known.number)
            if inner.isItem {
                try copyItem(inner, field.bytes, depth: depth + 1)
            } else {
                let outer = attributes
                attributes = 0
                try copy(inner, field.bytes, depth: depth + 1)
                attributes = outer
            }
            output.close(start)
        case .attributes:
            guard field.type == .length else { throw .malformed }
            try copyAttribute(known.number, field.bytes, in: message == .resource ? .resource : .item, depth: depth)
        }
    }

    /// Packed, or one by one.
    private mutating func copyNumbers(_ known: OTLPField, _ field: ProtobufFields.Field) throws(OTLPFault) {
        let isVarint = known.kind == .manyVarint
        switch field.type {
        case .length:
            if isVarint {
                var elements = ProtobufFields(field.bytes)
                while try elements.element() != nil {}
            } else if !field.bytes.count.isMultiple(of: 8) {
                throw .malformed
            }
            output.append(known.number, bytes: field.bytes)
        case .varint where isVarint: output.append(known.number, varint: field.value)
        case .fixed64 where !isVarint: output.append(known.number, fixed64: field.value)
        default: throw .malformed
        }
    }

    // MARK: Resource

    /// One resource, whatever the client sent of them, with the stamp.
    private mutating func writeResource(of group: UnsafeRawBufferPointer, depth: Int) throws(OTLPFault) {
        let start = output.open(1)
        attributes = 0
        isOfModel = false
        var fields = ProtobufFields(group)
        while let field = try fields.next() {
            guard field.number == 1 else { continue }
            guard field.type == .length else { throw .malformed }
            try copy(.resource, field.bytes, depth: depth + 1)
        }
        for (name, value) in stamp.resource { output.append(1, attribute: name, value) }
        output.close(start)
    }

    /// Bytes of a name, a unit, a description.
    private static let maximumText = 1_024

    // MARK: Items

    private mutating func copyItem(_ item: OTLPMessage, _ bytes: UnsafeRawBufferPointer, depth: Int) throws(OTLPFault) {
        result.items += 1
        guard result.items <= Self.maximumItems else { throw .tooLarge }
        attributes = 0
        hasUser = false
        let record = item == .logRecord ? try ClientRecord(bytes) : nil
        isOfModel = item == .span ? try Self.isOfModel(span: bytes) : record?.isOfModel ?? false
        if let record { locate(record) }
        try copy(item, bytes, depth: depth)
        let number = item.field(named: .attributes)
        if let record { writePlace(record, attributes: number) }
        // Where a client names a user, and on each point, because back ends for metrics look at points only.
        if !stamp.user.isEmpty, hasUser || item.isPoint { output.append(number, attribute: "user.id", stamp.user) }
        if !stamp.team.isEmpty, item.isPoint { output.append(number, attribute: "tollgate.team", stamp.team) }
    }

    /// False: its name is one of ours.
    private mutating func noteMetric(_ bytes: UnsafeRawBufferPointer) throws(OTLPFault) -> Bool {
        var fields = ProtobufFields(bytes), hasher = Hasher(), isTheirs = true
        while let field = try fields.next() {
            guard field.number == 1 else { continue }
            hasher.combine(bytes: field.bytes)
            if AttributePolicy.isOurs(field.bytes) { isTheirs = false }
        }
        metric = hasher.finalize()
        return isTheirs
    }

    /// A span of a request to a model.
    private static func isOfModel(span bytes: UnsafeRawBufferPointer) throws(OTLPFault) -> Bool {
        var fields = ProtobufFields(bytes)
        while let field = try fields.next() {
            if field.number == 5 { return field.bytes.equals("claude_code.llm_request") }
        }
        return false
    }

    private func isAdmitted(_ bytes: UnsafeRawBufferPointer, _ point: OTLPMessage) throws(OTLPFault) -> Bool {
        let number = point.field(named: .attributes)
        var fields = ProtobufFields(bytes), hasher = Hasher()
        hasher.combine(metric)
        while let field = try fields.next() {
            if field.number == number { hasher.combine(bytes: field.bytes) }
        }
        return admit(hasher.finalize())
    }

    /// Finds out where a record belongs. The trace that the client names goes nowhere if it sends no spans; then ours counts.
    private mutating func locate(_ record: ClientRecord) {
        place = nil
        switch join(record) {
        case .ours(let found):
            result.joined += 1
            if record.trace != found.trace { place = found }
        case .its: return
        case .unknown:
            if !record.requestID.isEmpty || !record.prompt.isEmpty { result.unjoined += 1 }
        }
    }

    private mutating func writePlace(_ record: ClientRecord, attributes number: Int) {
        guard let place else { return }
        place.trace.bytes.withUnsafeBytes { output.append(9, bytes: $0) }
        place.span.bytes.withUnsafeBytes { output.append(10, bytes: $0) }
        if let trace = record.trace { output.append(number, attribute: Self.itsTrace, trace.text) }
        self.place = nil
    }

    /// The trace that a client named for a record that is joined with ours.
    private static let itsTrace = "claude_code.trace.id"

    /// The body of a record is the name of its event, or content.
    private mutating func copyBody(_ field: ProtobufFields.Field, _ number: Int, depth: Int) throws(OTLPFault) {
        guard field.type == .length else { throw .malformed }
        if !policy.keepsContent, try !isPlain(field.bytes, depth: depth) { return count("content") }
        let start = output.open(number)
        try copyValue(field.bytes, depth: depth + 1)
        output.close(start)
    }

    // MARK: Attributes

    private mutating func copyAttribute(
        _ number: Int, _ bytes: UnsafeRawBufferPointer, in place: AttributePolicy.Place, depth: Int
    ) throws(OTLPFault) {
        let attribute = try ClientAttribute(bytes)
        attributes += 1
        guard attributes <= AttributePolicy.maximumAttributes else { return count("too_many") }
        switch policy.verdict(attribute.key, in: place, ofModel: isOfModel) {
        case .leaveOut(let reason): return count("\(reason)")
        case .keepIfPlain:
            guard try isPlain(attribute.value, depth: depth) else { return count("content") }
        case .keep: break
        }
        if attribute.key.isCalled("user.email") { return count("claim") }
        if try claimsOurs(attribute) { return count("reserved") }
        let isUser = attribute.key.isCalled("user.id")
        if isUser { hasUser = true }
        let start = output.open(number)
        if isUser { output.append(1, string: ClientStamp.installation) } else { output.append(1, bytes: attribute.key) }
        let value = output.open(2)
        try copyValue(attribute.value, depth: depth + 2)
        output.close(value)
        output.close(start)
    }

    /// Names itself as the gateway does: a service, an event.
    private func claimsOurs(_ attribute: ClientAttribute) throws(OTLPFault) -> Bool {
        guard attribute.key.isCalled("service.name") || attribute.key.isCalled("event.name") else { return false }
        return policy.isGateway(try attribute.text())
    }

    /// Every text in an `AnyValue` is one word.
    private func isPlain(_ value: UnsafeRawBufferPointer, depth: Int) throws(OTLPFault) -> Bool {
        guard depth < OTLPTranscoder.maximumDepth else { throw .tooDeep }
        var fields = ProtobufFields(value)
        while let field = try fields.next() {
            switch (field.number, field.type) {
            case (1, .length), (7, .length):
                if !AttributePolicy.isPlain(field.bytes) { return false }
            case (5, .length):
                var values = ProtobufFields(field.bytes)
                while let inner = try values.next() {
                    if try !isPlain(inner.bytes, depth: depth + 1) { return false }
                }
            // Of what a list of names and values holds, nobody knows.
            case (6, .length): return false
            default: continue
            }
        }
        return true
    }

    private mutating func copyValue(_ value: UnsafeRawBufferPointer, depth: Int) throws(OTLPFault) {
        guard depth < OTLPTranscoder.maximumDepth else { throw .tooDeep }
        var fields = ProtobufFields(value)
        while let field = try fields.next() {
            guard let known = OTLPMessage.anyValue.field(field.number) else { continue }
            switch known.kind {
            case .text where field.type == .length: appendText(1, field.bytes, limit: policy.maximumValue)
            case .bytes where field.type == .length && field.bytes.count > policy.maximumValue:
                count("cut")
                output.append(7, bytes: field.bytes.slice(0..<policy.maximumValue))
            case .one(.keyValueList) where field.type == .length: try copyList(field.bytes, depth: depth)
            default: try copy(known, field, of: .anyValue, depth: depth)
            }
        }
    }

    /// Names within a value count as attributes, too.
    private mutating func copyList(_ list: UnsafeRawBufferPointer, depth: Int) throws(OTLPFault) {
        let start = output.open(6)
        var fields = ProtobufFields(list)
        while let field = try fields.next() {
            guard field.number == 1 else { continue }
            guard field.type == .length else { throw .malformed }
            try copyAttribute(1, field.bytes, in: .item, depth: depth + 1)
        }
        output.close(start)
    }

    /// As UTF-8, because one text that is none would cost the batch; without what steers terminals; cut at a character.
    private mutating func appendText(_ number: Int, _ text: UnsafeRawBufferPointer, limit: Int) {
        if text.count > limit { count("cut") }
        let part = text.slice(0..<min(text.count, limit))
        if part.allSatisfy({ $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A || $0 == 0x09 || $0 == 0x0D }) {
            return output.append(number, bytes: part)
        }
        var clean = String.UnicodeScalarView()
        for scalar in String(decoding: part, as: UTF8.self).unicodeScalars {
            clean.append(AttributePolicy.steers(scalar) ? "\u{FFFD}" : scalar)
        }
        // A character that the cut went through became a replacement.
        if text.count > limit, clean.last == "\u{FFFD}" { clean.removeLast() }
        output.append(number, string: String(clean))
    }

    private mutating func count(_ reason: String) { result.edits[reason, default: 0] += 1 }
}

extension OTLPMessage {
    /// The number of the first field of a kind.
    func field(named kind: OTLPField.Kind) -> Int {
        Self.fields[rawValue].first { $0.kind == kind }?.number ?? 0
    }
}
