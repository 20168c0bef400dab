/// `telemetry.traces`: what is in spans, and which are kept.
extension SnapshotReader {
    func readTraces(_ section: inout Section) -> TraceSetting {
        var setting = TraceSetting()
        guard var group = section.section("traces") else { return setting }
        defer { group.finish() }
        setting.usage = group.choice("usage", default: setting.usage)
        setting.names = group.choice("genai_names", default: setting.names)
        setting.keepsErrors = group.truth("keep_errors") ?? setting.keepsErrors
        if group.has("keep_slower_than") { setting.keepsSlowerThan = group.duration("keep_slower_than", default: 0) }
        for value in group.strings("baggage") {
            if let reason = Self.refusesBaggage(value.text) {
                reader.note(value.mark, group.pathOf("baggage"), "\(value.shown) \(reason)")
            } else {
                setting.baggage.append(value.text)
            }
        }
        return setting
    }

    /// Why a member of the baggage can be no attribute; `nil`: it can.
    private static func refusesBaggage(_ name: String) -> String? {
        guard !name.isEmpty,
            name.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"\"(),/:;<=>?@[\\]{}".utf8.contains($0) })
        else { return "is not the name of a member of a baggage" }
        let taken = ["tollgate.", "gen_ai.", "http.", "url.", "server.", "client.", "error."]
        return taken.contains { name.hasPrefix($0) } ? "would stand in place of an attribute that Tollgate writes" : nil
    }
}
