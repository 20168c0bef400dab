extension SnapshotReader {
    /// What a target's requests have in their body, or have not: `override_params`, `strip_params`.
    func readOverrides(_ section: inout Section, _ target: inout TargetSetting) {
        if var group = section.section("override_params") {
            for name in group.names {
                guard let node = group.nodeOrNull(name) else { continue }
                let path = group.pathOf(name)
                if ["model", "messages", "stream"].contains(name) {
                    reader.note(node.mark, path, "must not be overridden: Tollgate and the client need what is there")
                }
                do throws(YAMLNode.JSONFault) {
                    if let json = try node.json(fill: { reader.fill($0, $1, path)?.text }) {
                        target.overrideParameters.append((name, json))
                    }
                } catch {
                    reader.note(error.mark, path, error.sentence)
                }
            }
        }
        target.overrideParameters.sort { $0.name < $1.name }
        for value in section.globs("strip_params").map(\.value) {
            let path = section.pathOf("strip_params")
            if ["model", "messages", "stream", "max_tokens"].contains(value.text) {
                reader.note(value.mark, path, "\(value.shown) must not be taken out: no request goes without it")
            } else if target.overrideParameters.contains(where: { $0.name == value.text }) {
                reader.note(value.mark, path, "\(value.shown) is set by override_params too; leave one of the two out")
            } else if target.stripParameters.contains(value.text) {
                reader.note(value.mark, path, "\(value.shown) stands here twice")
            }
            target.stripParameters.append(value.text)
        }
    }

    /// `headers_override`: `set` and `remove`.
    func readHeaderOverrides(_ section: inout Section, _ target: inout TargetSetting) {
        guard var group = section.section("headers_override") else { return }
        defer { group.finish() }
        let marks = group.places("set")
        target.setHeaders = readHeaders(&group, "set")
        var seen: Set<String> = []
        for (name, mark) in marks {
            refuseHeader(name, mark, "\(group.pathOf("set")).\(name)")
            if !seen.insert(name.lowercased()).inserted {
                reader.note(mark, "\(group.pathOf("set")).\(name)", "stands here twice: case does not count")
            }
        }
        for value in group.globs("remove").map(\.value) {
            let path = group.pathOf("remove")
            // Of one list a single value may be taken out.
            let name = value.text.split(separator: ":", maxSplits: 1).first.map(String.init) ?? value.text
            guard isHeaderName(name) else {
                reader.note(value.mark, path, "\(value.shown) is not the name of a header")
                continue
            }
            guard name == value.text || name.lowercased() == "anthropic-beta" else {
                reader.note(value.mark, path, "\(value.shown): single values can be removed of anthropic-beta only")
                continue
            }
            refuseHeader(name, value.mark, path)
            if !seen.insert(value.text.lowercased()).inserted {
                reader.note(value.mark, path, "\(value.shown) stands here twice, or in `set` too")
            }
            target.removeHeaders.append(value.text)
        }
    }

    private func refuseHeader(_ name: String, _ mark: YAMLMark, _ path: String) {
        if Self.ownHeaders.contains(name.lowercased()) {
            reader.note(mark, path, "is written by Tollgate itself; leave it out")
        } else if Self.credentialHeaders.contains(name.lowercased()) {
            reader.note(mark, path, "is a credential; set it at the provider, by `api_key` and `auth`")
        }
    }

    private static let credentialHeaders: Set = [
        "authorization", "x-api-key", "api-key", "x-goog-api-key", "proxy-authorization", "cookie",
        "x-tollgate-api-key", "x-tfy-api-key",
    ]
}
