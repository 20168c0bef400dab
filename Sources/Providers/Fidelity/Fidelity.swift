/// What becomes of a part of a request on its way into another dialect.
package enum Fidelity: UInt8, Sendable, CaseIterable {
    /// Goes out as it came.
    case forwarded
    /// Says the same in other words.
    case translated
    /// Says nearly the same.
    case approximated
    /// Is left out.
    case dropped
    /// The request is refused because of it.
    case rejected

    package var name: StaticString {
        switch self {
        case .forwarded: "forwarded"
        case .translated: "translated"
        case .approximated: "approximated"
        case .dropped: "dropped"
        case .rejected: "rejected"
        }
    }
}

/// The dialects that providers speak.
package enum Dialect: UInt8, Sendable, CaseIterable {
    case messages, chatCompletions, responses, generateContent, converse

    package var name: StaticString {
        switch self {
        case .messages: "messages"
        case .chatCompletions: "chat-completions"
        case .responses: "responses"
        case .generateContent: "generate-content"
        case .converse: "converse"
        }
    }
}

/// What became of each part of one request. A value of a few words: recording costs nothing that could be noticed.
package struct FidelityReceipt: Sendable, Equatable {
    package let dialect: Dialect
    /// Per fidelity one bit for each feature.
    private var seen: [5 of UInt64] = .init(repeating: 0)
    /// Features that were recorded by the table.
    private var byTable: UInt64 = 0

    package init(_ dialect: Dialect) { self.dialect = dialect }

    /// Records a feature by the table.
    package mutating func record(_ feature: RequestFeature) {
        let bit: UInt64 = 1 << UInt64(feature.rawValue)
        // Most parts of a request are like the one before.
        guard byTable & bit == 0 else { return }
        byTable |= bit
        record(feature, feature.rule(dialect).fidelity)
    }

    /// Records a feature whose fate is not the table's, because it depends on the model or on the value.
    package mutating func record(_ feature: RequestFeature, _ fidelity: Fidelity) {
        seen[Int(fidelity.rawValue)] |= 1 << UInt64(feature.rawValue)
    }

    package func contains(_ feature: RequestFeature, _ fidelity: Fidelity) -> Bool {
        seen[Int(fidelity.rawValue)] & (1 << UInt64(feature.rawValue)) != 0
    }

    /// The provider was given the feature, in whatever form.
    func wasTold(_ feature: RequestFeature) -> Bool {
        Fidelity.allCases.contains { $0 != .dropped && contains(feature, $0) }
    }

    package func features(_ fidelity: Fidelity) -> [RequestFeature] {
        RequestFeature.allCases.filter { contains($0, fidelity) }
    }

    /// What a policy that allows no loss refuses: parts that were changed or left out and could change the answer.
    package var losses: [RequestFeature] {
        (features(.approximated) + features(.dropped)).filter(\.mattersToAnswer)
    }

    /// For the header `x-tollgate-fidelity` and the span: `translated=system_prompt,tools; dropped=cache_control`.
    package var text: String {
        var parts: [String] = []
        for fidelity in Fidelity.allCases {
            let names = features(fidelity).map { "\($0.name)" }
            if !names.isEmpty { parts.append("\(fidelity.name)=\(names.joined(separator: ","))") }
        }
        return parts.joined(separator: "; ")
    }

    package static func == (left: Self, right: Self) -> Bool {
        guard left.dialect == right.dialect else { return false }
        for index in 0..<5 where left.seen[index] != right.seen[index] { return false }
        return true
    }
}
