import Wire

/// Which prompt each session is at, as one loop knows it. Bounded: sessions that were not heard of for long are forgotten.
///
/// A main conversation says in every request which prompt it is at. A subagent and a helping request (titles, web searches, sums of
/// the conversation) do not, unless the client sends its hints: they belong to the prompt that the session is at, and a subagent
/// stays with the one it began in. What a loop finds out it tells the others.
package struct PromptTable {
    /// What one request says of its place.
    package struct Asker {
        package var session: UnsafeRawBufferPointer
        package var agent = UnsafeRawBufferPointer(start: nil, count: 0)
        package var promptID = UnsafeRawBufferPointer(start: nil, count: 0)
        /// The client's hint: `main`, `subagent`, `compaction`, `auxiliary`; empty: it gives none.
        package var requestClass = UnsafeRawBufferPointer(start: nil, count: 0)
        /// Tokens are counted only: it is no turn of any conversation.
        package var isCount = false
        /// `Conversation.promptKey`; 0: there is no prompt of a person in it.
        package var promptKey: UInt64 = 0
        /// Bytes of the tools' descriptions.
        package var toolBytes = 0

        package init(session: UnsafeRawBufferPointer) { self.session = session }
    }

    /// What other loops should know.
    package struct News: Sendable, Equatable {
        let session: UInt64
        let agent: UInt64?
        let key: UInt64
        let toolBytes: Int
    }

    private struct Known {
        var key: UInt64 = 0
        var toolBytes = 0
        var agents: [(agent: UInt64, key: UInt64)] = []
    }

    /// The newest `capacity` sessions and some before them: the older half is dropped when the newer one is full.
    private var young: [UInt64: Known] = [:]
    private var old: [UInt64: Known] = [:]
    private let capacity: Int
    /// The most subagents of a session whose prompts are remembered.
    static let maximumAgents = 64

    package init(capacity: Int = 4_096) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    /// The prompt that a request belongs to, whether the request only helps there, and what is new about it. `nil`: a count of tokens
    /// of a session that nothing is known of.
    package mutating func place(of asker: Asker) -> (place: PromptPlace, isHelping: Bool, news: News?)? {
        let session = PromptPlace.hash(asker.session)
        let known = young[session] ?? old[session]
        if asker.isCount, known.map({ $0.key == 0 }) ?? true { return nil }
        let agent = asker.agent.isEmpty ? nil : PromptPlace.hash(asker.agent)
        let isHelping = agent == nil && helps(asker, known)
        let key: UInt64
        if !asker.promptID.isEmpty {
            key = PromptPlace.hash(asker.promptID)
        } else if let agent {
            key = known?.agents.first { $0.agent == agent }?.key ?? known?.key ?? own(asker)
        } else if isHelping {
            key = known.flatMap { $0.key == 0 ? nil : $0.key } ?? own(asker)
        } else {
            key = own(asker)
        }
        let place = PromptPlace(session: asker.session, key: key)
        guard !isHelping else { return (place, true, nil) }
        let news = News(session: session, agent: agent, key: key, toolBytes: asker.toolBytes)
        return (place, false, learn(news) ? news : nil)
    }

    /// What another loop found out.
    package mutating func hear(_ news: News) { _ = learn(news) }

    private func own(_ asker: Asker) -> UInt64 { asker.promptKey == 0 ? 1 : asker.promptKey }

    /// No turn of the main conversation: the client says so, or it comes with far fewer tools.
    private func helps(_ asker: Asker, _ known: Known?) -> Bool {
        if asker.isCount { return true }
        if !asker.requestClass.isEmpty { return !asker.requestClass.equals("main") }
        guard let known, known.key != 0, asker.promptID.isEmpty else { return false }
        return asker.promptKey == 0 || asker.toolBytes * 4 < known.toolBytes
    }

    /// Whether anything of it was new.
    private mutating func learn(_ news: News) -> Bool {
        var known = young[news.session] ?? old[news.session] ?? Known()
        if let agent = news.agent {
            guard !known.agents.contains(where: { $0.agent == agent && $0.key == news.key }) else { return false }
            known.agents.removeAll { $0.agent == agent }
            if known.agents.count >= Self.maximumAgents { known.agents.removeFirst() }
            known.agents.append((agent, news.key))
        } else {
            guard known.key != news.key || known.toolBytes < news.toolBytes else { return false }
            known.key = news.key
            known.toolBytes = max(known.toolBytes, news.toolBytes)
        }
        if young.count >= capacity, young[news.session] == nil {
            old = young
            young.removeAll(keepingCapacity: true)
        }
        young[news.session] = known
        return true
    }
}
