import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Wire

extension LoopWorker {
    /// `GET /v1/models` and `/v1/models/{id}`.
    func answerModels(_ exchange: Exchange, _ route: RequestRoute) throws(Refusal) {
        let channel = exchange.channel
        let list = ModelList(allowedModels(exchange))
        let body: [UInt8]
        if case .model(let range) = route {
            let id = String(decoding: channel.headBytes(range), as: UTF8.self)
            guard let model = list.model(id) else { throw .unroutedModel(id) }
            body = model
        } else {
            let query = String(decoding: channel.headBytes(channel.head.query), as: UTF8.self)
            body = try list.page(query: query).get()
        }
        answer(exchange, 200, "application/json", body)
    }

    /// `GET /api/oauth/usage`: what the caller has spent of the budgets that are about him whatever he asks for.
    func answerUsage(_ exchange: Exchange) async {
        let book = exchange.setting.book
        guard let principal = exchange.principal else { return }
        let places = book.standingPlaces(of: principal, exchange.metadata)
        let statuses = places.isEmpty ? [] : await governor.statuses(at: places, of: book)
        let usage = SpendUsage(zip(places, statuses).map { (book.budget(at: $0), $1) })
        answer(exchange, 200, "application/json", Array(usage.json.utf8))
    }

    /// What needs no key: health, warming up, and a page for people.
    func answerLocally(_ exchange: Exchange, _ route: RequestRoute) {
        switch route {
        case .readiness where !isReady: answer(exchange, 503, "text/plain", Array("draining\n".utf8))
        case .health: answer(exchange, 200, "text/plain", Array("ok\n".utf8))
        case .readiness where journal.countFree() == 0:
            answer(exchange, 503, "text/plain", Array("the ledger takes no more rows; requests are refused\n".utf8))
        case .readiness: answer(exchange, 200, "text/plain; charset=utf-8", Array("ok\n\(configurationNotice)".utf8))
        case .page: answer(exchange, 200, "text/plain; charset=utf-8", Array(Self.page.utf8))
        default: answer(exchange, 200, "text/plain", [])
        }
    }

    /// Anthropic writes a cache and no answer where `max_tokens` is 0; other providers have nothing like it.
    func answerPrewarm(_ exchange: Exchange) {
        guard case .translated(_, let context)? = exchange.call?.answer else { return }
        let message = MessageWriter(.whole, context)
        message.isOurs = true
        message.finish(.maxTokens)
        message.takeOutput { answer(exchange, 200, "application/json", Array($0)) }
    }

    func answerCount(_ exchange: Exchange, _ tokens: Int64) {
        answer(exchange, 200, "application/json", TokenCount.answer(tokens))
    }

    private static let page = """
        Tollgate \(Version.current): a gateway between Claude Code and its models.

        Set ANTHROPIC_BASE_URL to this address and ANTHROPIC_AUTH_TOKEN to your key, then run `claude`.

        """

    func answer(_ exchange: Exchange, _ status: Int, _ type: String, _ body: [UInt8]) {
        let channel = exchange.channel
        channel.beginResponse(status: status)
        addIdentity(exchange)
        channel.field("content-type", type)
        body.withUnsafeBytes { _ = channel.respond($0) }
    }
}
