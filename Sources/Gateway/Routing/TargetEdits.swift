import Configuration
import Providers
import Wire

/// What is changed of a request on its way to one target, made from the setting once.
struct TargetEdits {
    let parameters: [(name: String, json: [UInt8])]
    let stripped: [String]
    /// Names in small letters.
    let setFields: [(name: String, value: Secret)]
    let removedFields: [String]
    let addedBetas: [String]
    let removedBetas: [String]
    let removesAllBetas: Bool

    /// These decide where a request goes and how it is answered: no override reaches them.
    private static let fixed = ["model", "stream", "messages"]
    private static let betaField = "anthropic-beta"

    /// `nil`: nothing is changed.
    init?(_ setting: TargetSetting) {
        guard
            !setting.overrideParameters.isEmpty || !setting.stripParameters.isEmpty || !setting.setHeaders.isEmpty
                || !setting.removeHeaders.isEmpty
        else { return nil }
        parameters = setting.overrideParameters.filter { !Self.fixed.contains($0.name) }
        stripped = setting.stripParameters.filter { !Self.fixed.contains($0) }
        let set = setting.setHeaders.map { (name: $0.name.lowercased(), value: $0.value) }
        setFields = set.filter { $0.name != Self.betaField }
        addedBetas = set.filter { $0.name == Self.betaField }
            .flatMap { field in field.value.withBytes { Self.betas(String(decoding: $0, as: UTF8.self)) } }
        // `name`, or `name: value` for one value of a list.
        let removed = setting.removeHeaders.map { entry in
            entry.split(separator: ":", maxSplits: 1).map { Self.trimmed($0) }
        }
        removedFields = removed.filter { $0.count == 1 }.map { $0[0].lowercased() }.filter { $0 != Self.betaField }
        removesAllBetas = removed.contains { $0.count == 1 && $0[0].lowercased() == Self.betaField }
        removedBetas = removed.filter { $0.count == 2 && $0[0].lowercased() == Self.betaField }.map { $0[1] }
    }

    var changesBody: Bool { !parameters.isEmpty || !stripped.isEmpty }
    var changesBetas: Bool { removesAllBetas || !addedBetas.isEmpty || !removedBetas.isEmpty }

    /// Whether a field of the client's head does not go out as it is.
    func replaces(_ name: UnsafeRawBufferPointer) -> Bool {
        if changesBetas, name.equalsIgnoringCase("anthropic-beta") { return true }
        return setFields.contains { Self.isSame(name, $0.name) } || removedFields.contains { Self.isSame(name, $0) }
    }

    /// The client's betas as they go out: its own but for those that are taken out, then those that are set.
    ///
    /// - Parameter fields: the values of the client's `anthropic-beta` fields.
    func betas(_ fields: [String]) -> [String] {
        guard changesBetas else { return fields }
        var kept = removesAllBetas ? [] : fields.flatMap(Self.betas).filter { !removedBetas.contains($0) }
        for beta in addedBetas where !kept.contains(beta) { kept.append(beta) }
        return kept
    }

    private static func isSame(_ name: UnsafeRawBufferPointer, _ lower: String) -> Bool {
        name.count == lower.utf8.count && zip(name, lower.utf8).allSatisfy { ($0 | 0x20) == ($1 | 0x20) }
    }

    private static func betas(_ list: String) -> [String] {
        list.split(separator: ",").map(trimmed).filter { !$0.isEmpty }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}
