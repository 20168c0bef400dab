import Configuration
import Wire

/// Names of betas in tables and settings: exact, or a beginning with `*` behind.
enum BetaName {
    static func matches(_ name: String, _ patterns: [String]) -> Bool {
        patterns.contains { $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : name == $0 }
    }
}

/// What becomes of the betas of one request.
package struct BetaSelection: Sendable {
    /// As the platform knows them, each once, in the client's order.
    package var kept: [String] = []
    /// Receipt of what was left out.
    package var dropped: [String] = []
    /// Receipt of what goes on under another name: the client's.
    package var renamed: [String] = []
    /// What belongs to a dropped beta and to none that is kept: header and body change together, or the platform refuses the half
    /// that is left.
    package var removedFields: [BodyField] = []

    package init() {}

    /// The value of `anthropic-beta`, where the platform takes it as a header; empty: it is left out.
    package var header: String { kept.joined(separator: ",") }
}

/// Chooses which betas a platform gets.
///
/// Anthropic gets all there are, known or not. What a cloud does not know makes it refuse the whole request, which has stopped
/// fleets for hours (anthropics/claude-code#21625, #22893, #56970; BerriAI/litellm#20021): Bedrock and Vertex, where that was
/// seen, get only what the table lists for them. Mantle and Foundry serve the Messages API itself and get what is unknown, so
/// that new features work on their first day. The account's setting overrules
/// the table: what it keeps is passed as it is, with what belongs to it in the body; what it drops never is.
package struct BetaFilter: Sendable {
    private let platform: ClaudePlatform
    private let setting: BetaSetting
    /// The model, as far as its name tells which.
    private let version: ClaudeVersion?
    /// For Bedrock's CountTokens, which takes few.
    private let isForCounting: Bool

    package init(
        _ platform: ClaudePlatform, _ setting: BetaSetting = BetaSetting(), model: String? = nil, counting: Bool = false
    ) {
        version = model.flatMap { ClaudeVersion(of: $0) }
        self.platform = platform
        self.setting = setting
        isForCounting = counting && platform == .bedrock
    }

    /// The selection of the values of all `anthropic-beta` lines.
    package func select(_ values: [String]) -> BetaSelection {
        var selection = BetaSelection()
        var owned: [String] = []
        var disowned: [BetaRow] = []
        for name in Self.names(values) {
            let row = BetaTable.row(name)
            guard let sent = sent(name, row) else {
                selection.dropped.append(name)
                if let row, !isSettled(row) { disowned.append(row) }
                continue
            }
            if sent != name { selection.renamed.append(name) }
            if !selection.kept.contains(sent) { selection.kept.append(sent) }
            if let row { owned += row.fields.map(\.text) }
        }
        for field in disowned.flatMap(\.fields) where !owned.contains(field.text) {
            selection.removedFields.append(field)
            owned.append(field.text)
        }
        return selection
    }

    /// The field is part of the API for this model, with or without the beta.
    private func isSettled(_ row: BetaRow) -> Bool {
        guard let since = row.settledSince, let version else { return false }
        return version >= since
    }

    private static func names(_ values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",") }.map { part in
            let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
            return String(part.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
        }.filter { !$0.isEmpty }
    }

    /// The name under which a beta goes on; `nil`: not at all.
    private func sent(_ name: String, _ row: BetaRow?) -> String? {
        if BetaName.matches(name, setting.drop) { return nil }
        if BetaName.matches(name, setting.keep) { return name }
        if isForCounting, !BetaName.matches(name, BetaTable.counted) { return nil }
        switch row?.fate(platform) ?? .unlisted {
        case .pass: return name
        case .drop: return nil
        case .rename(let other): return other
        case .unlisted: return platform == .bedrock || platform == .vertex ? nil : name
        }
    }
}
