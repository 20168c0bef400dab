/// `telemetry.otlp` and `telemetry.spool`: the collectors, and what waits for them.
extension SnapshotReader {
    func readCollectors(_ group: inout Section) -> [CollectorSetting] {
        var names: Set<String> = []
        return group.sections("otlp").compactMap { section in
            guard let collector = readCollector(section) else { return nil }
            if let name = collector.name, !names.insert(name).inserted {
                reader.note(section.mark, section.pathOf("name"), "`\(name)` is the name of two collectors")
            }
            return collector
        }
    }

    private func readCollector(_ section: Section) -> CollectorSetting? {
        var section = section
        defer { section.finish() }
        let headers = readHeaders(&section)
        refuseOwnHeaders(&section)
        let name = section.value("name", expected: "a name of letters, digits, `-`, `_` and `.`, 64 at most") {
            Self.isCollectorName($0) ? $0 : nil
        }
        let signals = readSignals(&section)
        let wire = section.choice("protocol", default: CollectorSetting.Wire.http)
        let compression = section.choice("compression", default: CollectorSetting.Compression.auto)
        let timeout = section.duration("timeout", default: 10_000_000_000)
        let tls = readCollectorTLS(&section)
        guard let endpoint = section.required("endpoint", "http://127.0.0.1:4318") else { return nil }
        guard BaseURL(endpoint.text) != nil else {
            noteURL(endpoint, section.pathOf("endpoint"))
            return nil
        }
        if section.has("tls"), !endpoint.text.lowercased().hasPrefix("https://") {
            section.refuse(["tls"], "has no effect: the endpoint is not https")
        }
        var collector = CollectorSetting(endpoint: endpoint.text, headers: headers)
        collector.name = name
        collector.signals = signals
        collector.wire = wire
        collector.compression = compression
        collector.timeout = timeout
        collector.authorityFile = tls.authority
        collector.identity = tls.identity
        return collector
    }

    /// It is part of the names of folders.
    private static func isCollectorName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }

    private func readSignals(_ section: inout Section) -> [CollectorSetting.Signal] {
        guard section.has("signals") else { return CollectorSetting.Signal.allCases }
        if section.elements("signals").isEmpty {
            let known = CollectorSetting.Signal.allCases.map(\.rawValue).joined(separator: ", ")
            reader.note(section.mark, section.pathOf("signals"), "must not be empty; write one or more of \(known)")
        }
        return section.choices("signals", CollectorSetting.Signal.self)
    }

    private func readCollectorTLS(
        _ section: inout Section
    ) -> (authority: String?, identity: (certificateFile: String, keyFile: String)?) {
        guard var tls = section.section("tls") else { return (nil, nil) }
        defer { tls.finish() }
        let authority = tls.file("ca"), certificate = tls.file("certificate"), key = tls.file("key")
        if tls.has("certificate") != tls.has("key") {
            reader.note(tls.mark, tls.path, "`certificate` and `key` go together")
        }
        guard let certificate, let key else { return (authority, nil) }
        return (authority, (certificate, key))
    }

    func readSpool(_ group: inout Section) -> SpoolSetting? {
        var setting = SpoolSetting()
        guard var section = group.section("spool") else { return setting }
        defer { section.finish() }
        setting.maximumSize = section.size(
            "max_size", default: setting.maximumSize, range: 65_536...1_099_511_627_776)
        setting.maximumAge = section.duration("max_age", default: setting.maximumAge)
        guard section.truth("enabled") == false else { return setting }
        section.refuse(["max_size", "max_age"], "has no effect: the spool is not enabled")
        return nil
    }
}
