import Configuration
import HTTP
import Ledger
import Providers
import Wire

extension LoopWorker {
    /// What a target's request is made from: the client's body, or that body as a virtual model changed it.
    private struct Source {
        let bytes: UnsafeRawBufferPointer
        let scan: MessagesBody
        let isChanged: Bool
    }

    /// The end of route: what goes out is made from what came in. Throws what the client is told if it cannot be said there.
    func prepare(_ exchange: Exchange, _ scan: MessagesBody) throws(Refusal) {
        guard let routed = exchange.routed, let body = exchange.body else { return }
        exchange.isPrewarm = false
        exchange.counted = nil
        guard let edits = routed.edits, edits.changesBody else {
            return try prepare(exchange, routed, Source(bytes: body.bytes, scan: scan, isChanged: false))
        }
        var changed = ByteWriter()
        var edit = BodyEdit(body.bytes)
        edit.set(edits.parameters, strip: edits.stripped, members: scan.members)
        changed.reserve(body.count + edit.addedBytes)
        edit.write(into: &changed)
        // What is made of it is a copy.
        try changed.withBytes { (bytes) throws(Refusal) in
            try prepare(exchange, routed, Source(bytes: bytes, scan: try Self.scan(changed: bytes), isChanged: true))
        }
    }

    private static func scan(changed bytes: UnsafeRawBufferPointer) throws(Refusal) -> MessagesBody {
        let scan = MessagesBody()
        do throws(MessagesBody.Fault) {
            try scan.finish(bytes, namesModel: false)
        } catch {
            throw .invalid("body", "it does not go together with the override_params of this model")
        }
        return scan
    }

    private func prepare(_ exchange: Exchange, _ routed: RoutedModel, _ source: Source) throws(Refusal) {
        exchange.maximumOutput = source.scan.maxTokens
        exchange.changedBytes = source.isChanged ? source.bytes.count : 0
        let account = exchange.setting.accounts[routed.account]
        if !exchange.isNative, !routed.door.isTranslated, routed.door.platform == .anthropic {
            try authorizeConsulted(exchange, source.bytes, source.scan.members)
        }
        let counts = exchange.operation == .countTokens
        let path =
            !counts && routed.answerPath != nil
            ? routed.answerPath
            : routed.door.path(
                account.setting, model: routed.upstream, isStreamed: exchange.isStreamed, counts: counts)
        if exchange.isNative, let body = exchange.body {
            exchange.call = native(exchange, routed, path, body)
        } else if routed.door.isTranslated {
            exchange.call = try Self.withWholePairs(source) { (body) throws(Refusal) in
                try translated(exchange, routed, account, path, body)
            }
            exchange.isPrewarm = source.scan.maxTokens == 0 && !counts
        } else if routed.door.platform == .anthropic, !source.isChanged,
            foreignReasoning(exchange, account, source).isEmpty
        {
            exchange.call = UpstreamCall(path: path)
        } else {
            exchange.call = try edited(exchange, routed, account, path, source)
        }
    }

    // MARK: Other dialects

    /// What is made of a body is a copy.
    private static func withWholePairs(
        _ source: Source, _ body: (UnsafeRawBufferPointer) throws(Refusal) -> UpstreamCall?
    ) throws(Refusal) -> UpstreamCall? {
        guard source.scan.marks.hasSurrogates else { return try body(source.bytes) }
        var whole = ByteWriter()
        Translation.appendWithoutHalves(source.bytes, to: &whole)
        return try whole.withBytes(body)
    }

    private func translated(
        _ exchange: Exchange, _ routed: RoutedModel, _ account: UpstreamAccount, _ path: String?,
        _ body: UnsafeRawBufferPointer
    ) throws(Refusal) -> UpstreamCall? {
        guard let target = routed.target else { return nil }
        let counts = exchange.operation == .countTokens
        if counts, !Translation.counts(target.dialect, account.kind) {
            exchange.counted = try estimatedCount(exchange, routed, account, target, body)
            return nil
        }
        var output = ByteWriter()
        let request = try Translation.request(
            body, for: target, sessionID: Array(exchange.text(exchange.facts.sessionID)),
            context(exchange, routed, target), counts: counts, into: &output)
        return UpstreamCall(
            .own(accept: counts ? "application/json" : routed.door.accept), path: path,
            answer: counts ? .count : .translated(target, request.context), receipt: request.receipt, body: output)
    }

    /// Throws 404 unless the account estimates and enough was learned: the client then estimates by itself.
    private func estimatedCount(
        _ exchange: Exchange, _ routed: RoutedModel, _ account: UpstreamAccount, _ target: TranslationTarget,
        _ body: UnsafeRawBufferPointer
    ) throws(Refusal) -> Int64 {
        guard account.setting.counting == .estimate,
            let calibration = calibrations["\(account.name)/\(routed.upstream)"]
        else { throw .countsNoTokens(routed.requested) }
        let estimated = try Translation.estimate(body, for: target, context(exchange, routed, target))
        guard let count = calibration.count(estimated: estimated) else { throw .countsNoTokens(routed.requested) }
        return count
    }

    private func context(_ exchange: Exchange, _ routed: RoutedModel, _ target: TranslationTarget) -> AnswerContext {
        let id = exchange.id.description
        return AnswerContext(
            messageID: "msg_\(id.dropFirst(4))", requestID: id, requestedModel: routed.requested,
            reasoningState: target.reasoningState)
    }

    // MARK: Claude elsewhere

    /// Claude in a cloud: the client's body with the few members changed that must be.
    private func edited(
        _ exchange: Exchange, _ routed: RoutedModel, _ account: UpstreamAccount, _ path: String?,
        _ source: Source
    ) throws(Refusal) -> UpstreamCall? {
        let bytes = source.bytes, members = source.scan.members
        let platform = routed.door.platform, counts = exchange.operation == .countTokens
        let version = exchange.field(.anthropicVersion).first ?? ""
        let baseModel = account.setting.model(routed.upstream)?.baseModel
        var betas = BetaFilter(platform, account.setting.betas, model: baseModel ?? routed.upstream, counting: counts)
            .select(exchange.betas)
        betas.removedFields += foreignReasoning(exchange, account, source)
        if counts, platform == .bedrock {
            let body = try BedrockCount.write(
                bytes, members, model: routed.upstream, version: version, betas: betas)
            return UpstreamCall(.own(accept: "application/json"), path: path, answer: .count, body: body)
        }
        let claude = ClaudeBody(
            platform, model: routed.upstream, baseModel: baseModel, version: version, betas: betas)
        var body = ByteWriter()
        if counts {
            try claude.writeCount(bytes, members, into: &body)
        } else {
            try claude.write(bytes, members, into: &body)
        }
        guard platform == .bedrock else {
            let header = platform == .anthropic ? nil : betas.header
            return UpstreamCall(.edited(betas: header), path: path, answer: .same, body: body)
        }
        return UpstreamCall(
            .own(accept: "application/json"), path: path, answer: exchange.isStreamed ? .framed : .same, body: body)
    }

    /// Thoughts of other providers' models, which a conversation brings along that changes its provider: they are taken out, as
    /// far as it can be told who minted them.
    private func foreignReasoning(
        _ exchange: Exchange, _ account: UpstreamAccount, _ source: Source
    ) -> [BodyField] {
        var fields: [BodyField] = []
        if source.scan.marks.hasReasoningState { fields.append(.reasoningOfOthers) }
        guard exchange.setting.hasMessagesServers, source.scan.marks.hasThinking else { return fields }
        let field: BodyField = account.kind == .openAICompatible ? .reasoningOfClaude : .reasoningUnlikeClaude
        if field.mayStand(in: source.bytes) { fields.append(field) }
        return fields
    }

    /// A request in the provider's own form goes on as it came.
    private func native(
        _ exchange: Exchange, _ routed: RoutedModel, _ path: String?, _ body: RequestBody
    ) -> UpstreamCall {
        guard routed.door.platform == .bedrock else { return UpstreamCall(path: path) }
        var copy = ByteWriter(capacity: body.count)
        copy.append(body.bytes)
        return UpstreamCall(.own(accept: "application/json"), path: path, answer: .same, body: copy)
    }
}

extension Exchange {
    /// The client's `anthropic-beta`, as the present target gets it.
    var betas: [String] {
        let own = field(.anthropicBeta)
        return routed?.edits?.betas(own) ?? own
    }

    /// Whether a beta whose name begins so goes out to the present target.
    func asksFor(beta name: StaticString) -> Bool {
        if routed?.edits != nil { return betas.contains { $0.contains("\(name)") } }
        return channel.head.fields.contains {
            $0.name == .anthropicBeta && channel.headBytes($0.valueRange).firstIndex(of: name) != nil
        }
    }

    /// The values of all fields of a name, in their order.
    func field(_ name: FieldName) -> [String] {
        channel.head.fields.filter { $0.name == name }.map {
            String(decoding: channel.headBytes($0.valueRange), as: UTF8.self)
        }
    }
}
