import Configuration

/// One request and the target it is about to be sent to, as rules see them.
package struct RuleSubject {
    package let principal: Principal
    package let metadata: Metadata
    package let target: TargetNames
    /// Claude Code's session; empty: none.
    package let session: String

    package init(principal: Principal, metadata: Metadata, target: TargetNames, session: String) {
        self.principal = principal
        self.metadata = metadata
        self.target = target
        self.session = session
    }
}

/// What a model is called: as it was asked for, as the provider calls it, and as `PROVIDER/MODEL`. Kept with its route, so that the
/// names are not made anew for each request.
package struct TargetNames: Sendable {
    /// The provider account.
    package let provider: String
    fileprivate let requested: ModelName
    fileprivate let model: ModelName
    fileprivate let whole: ModelName

    package init(requested: String, provider: String, model: String) {
        self.provider = provider
        self.requested = ModelName(requested)
        self.model = ModelName(model)
        whole = ModelName("\(provider)/\(model)")
    }
}

extension [Glob] {
    /// Whether one of them stands for one of its names.
    func name(_ target: TargetNames) -> Bool {
        match(target.requested) || match(target.model) || match(target.whole)
    }
}

extension RuleMatch {
    /// Whether the rule is about it.
    package func matches(_ subject: RuleSubject) -> Bool {
        guard matches(subject.principal, subject.metadata) else { return false }
        if !models.isEmpty, !models.name(subject.target) { return false }
        if !providers.isEmpty, !providers.match(subject.target.provider) { return false }
        return not.allSatisfy { !$0.isEmpty && !$0.matches(subject) }
    }

    /// Whether it is about this caller, whatever is asked for.
    package func concerns(_ principal: Principal, _ metadata: Metadata) -> Bool {
        guard matches(principal, metadata) else { return false }
        return not.allSatisfy { $0.namesTarget || !$0.concerns(principal, metadata) }
    }

    private func matches(_ principal: Principal, _ metadata: Metadata) -> Bool {
        if !users.isEmpty, !users.match(principal.user) { return false }
        if !teams.isEmpty, !teams.match(principal.team) { return false }
        if !groups.isEmpty, !principal.groups.contains(where: { groups.match($0) }) { return false }
        if !keys.isEmpty, !keys.match(principal.keyID) { return false }
        if !virtualAccounts.isEmpty {
            guard !principal.virtualAccount.isEmpty, virtualAccounts.match(principal.virtualAccount) else {
                return false
            }
        }
        return self.metadata.allSatisfy { name, values in metadata.value(of: name).map { values.match($0) } ?? false }
    }

    /// It names nothing, and so is about everything.
    private var isEmpty: Bool { self == RuleMatch() }
}

extension ScopeDimension {
    /// What a subject has there; empty where it has nothing.
    package func value(in subject: RuleSubject) -> String {
        switch self {
        case .user: subject.principal.user
        case .team: subject.principal.team
        case .key: subject.principal.keyID
        case .virtualAccount: subject.principal.virtualAccount
        // However it is written: providers do not mind, and another spelling is no account of its own.
        case .model: subject.target.model.small
        case .provider: subject.target.provider
        case .session: subject.session
        case .metadata(let name): subject.metadata.value(of: name) ?? ""
        }
    }
}

extension [ScopeDimension] {
    /// `user=alice,metadata.project=atlas`: which account of a rule a request belongs to. Empty for a rule that keeps one for all.
    /// A comma or backslash of a value has a backslash before it, so that no two subjects come to the same text.
    package func scope(of subject: RuleSubject) -> String {
        if isEmpty { return "" }
        return map { "\($0.text)=\(Self.plain($0.value(in: subject)))" }.joined(separator: ",")
    }

    /// Without control characters, which separate fields in the ledger.
    private static func plain(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == comma || $0 == backslash }) else {
            return text
        }
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "," || scalar == "\\" { plain.append("\\") }
            plain.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        return String(plain)
    }

    private static var comma: UInt8 { UInt8(ascii: ",") }
    private static var backslash: UInt8 { UInt8(ascii: "\\") }
}
