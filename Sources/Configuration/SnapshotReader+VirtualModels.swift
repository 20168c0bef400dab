extension SnapshotReader {
    /// A model with `routing_config`. `virtual`: the names of all such models.
    func readVirtualModel(
        _ section: inout Section, _ name: SettingText?, _ displayName: String?, _ accounts: [SettingText],
        _ virtual: [String]
    ) -> VirtualModelSetting? {
        section.refuse(["target"], "has no effect beside routing_config; leave one of the two out")
        guard let routing = readRouting(&section, accounts, virtual), let name else { return nil }
        guard !name.text.contains("*") else {
            reader.note(
                name.mark, section.pathOf("name"), "\(name.shown) must not contain `*`: it has a routing_config")
            return nil
        }
        return VirtualModelSetting(name: name.text, displayName: displayName, routing: routing)
    }

    private func readRouting(
        _ section: inout Section, _ accounts: [SettingText], _ virtual: [String]
    ) -> RoutingSetting? {
        guard var group = section.section("routing_config") else { return nil }
        defer { group.finish() }
        var routing = RoutingSetting()
        if !group.has("type") { _ = group.required("type", RoutingStrategy.priority.rawValue) }
        routing.strategy = group.choice("type", default: routing.strategy)
        readStickiness(&group, &routing)
        if var breaker = group.section("circuit_breaker") {
            routing.breaker.failures = breaker.integer(
                "failures", default: routing.breaker.failures, range: 1...1_000)
            routing.breaker.openFor = breaker.duration("open_for", default: routing.breaker.openFor)
            breaker.finish()
        }
        let targets = group.sections("load_balance_targets")
        if group.elements("load_balance_targets").isEmpty {
            reader.note(
                group.node("load_balance_targets")?.mark ?? group.mark, group.pathOf("load_balance_targets"),
                "is missing; write for example `load_balance_targets: [{target: \(accounts.first?.raw ?? "a")/b}]`")
        }
        for section in targets {
            var section = section
            defer { section.finish() }
            let mark = section.mark, shown = section.text("target")?.shown ?? ""
            guard let target = readBalanced(&section, routing.strategy, accounts, virtual) else { continue }
            if routing.targets.contains(where: { $0.isSame(as: target) }) {
                reader.note(
                    mark, section.pathOf("target"),
                    "\(shown) stands here twice with the same overrides; leave one out")
            }
            routing.targets.append(target)
        }
        if routing.strategy == .weight, !routing.targets.isEmpty, routing.targets.allSatisfy({ $0.weight == 0 }) {
            reader.note(group.mark, group.pathOf("load_balance_targets"), "no target has a weight above 0")
        }
        return routing.targets.isEmpty ? nil : routing
    }

    private func readStickiness(_ group: inout Section, _ routing: inout RoutingSetting) {
        guard var sticky = group.section("sticky_routing") else { return }
        defer { sticky.finish() }
        routing.sticky = sticky.choice("by", default: routing.sticky)
        if routing.sticky == .none {
            return sticky.refuse(["ttl", "ttl_seconds"], "has no effect: nothing sticks")
        }
        if sticky.has("ttl") { sticky.refuse(["ttl_seconds"], "has no effect beside ttl; leave one of the two out") }
        let seconds = sticky.integer("ttl_seconds", default: 3_600, range: 1...2_592_000)
        routing.stickyTime = sticky.duration("ttl", default: Int64(seconds) * 1_000_000_000)
    }

    // MARK: Targets

    private func readBalanced(
        _ section: inout Section, _ strategy: RoutingStrategy, _ accounts: [SettingText], _ virtual: [String]
    ) -> TargetSetting? {
        // All of it is read, so that all mistakes are told at once.
        let named = readBalancedName(&section, accounts, virtual)
        var target = TargetSetting(account: named?.account ?? "", upstream: named?.upstream ?? "")
        target.provider = accounts.firstIndex { $0.text == target.account } ?? 0
        target.when = RuleReader(base: self, names: .none).readMatch(
            &section, hasTarget: false, instead: "a target is one model of one provider")
        if strategy == .weight {
            target.weight = section.integer("weight", default: target.weight, range: 0...1_000_000)
        } else {
            section.refuse(["weight"], "has no effect with \(strategy.rawValue)")
        }
        if strategy == .priority {
            target.priority = section.integer("priority", default: target.priority, range: 0...1_000)
        } else {
            section.refuse(["priority"], "has no effect with \(strategy.rawValue)")
        }
        target.isFallbackCandidate = section.truth("fallback_candidate") ?? target.isFallbackCandidate
        target.fallbackStatusCodes =
            readStatusCodes(&section, "fallback_status_codes") ?? target.fallbackStatusCodes
        readRetries(&section, &target)
        readOverrides(&section, &target)
        readHeaderOverrides(&section, &target)
        if section.has("first_byte_timeout") {
            target.firstByteTimeout = section.duration("first_byte_timeout", default: 1)
        }
        if strategy == .latency {
            readCutoff(&section, &target)
        } else {
            section.refuse(["sla_cutoff"], "has no effect with \(strategy.rawValue)")
        }
        return named == nil ? nil : target
    }

    private func readCutoff(_ section: inout Section, _ target: inout TargetSetting) {
        guard var cutoff = section.section("sla_cutoff") else { return }
        if !cutoff.has("time_per_output_token_ms") { _ = cutoff.required("time_per_output_token_ms", "50") }
        target.slowTokenTime = cutoff.value(
            "time_per_output_token_ms", expected: "a number of milliseconds above 0 and up to 60000"
        ) { text in
            NumberText.decimal(text, places: 6).flatMap { (1...60_000_000_000).contains($0) ? $0 : nil }
        }
        cutoff.finish()
    }

    private func readBalancedName(
        _ section: inout Section, _ accounts: [SettingText], _ virtual: [String]
    ) -> (account: String, upstream: String)? {
        guard let target = section.required("target", "anthropic/claude-opus-5-5") else { return nil }
        let path = section.pathOf("target")
        guard !target.text.contains("*") else {
            reader.note(target.mark, path, "\(target.shown) must not contain `*`: a target is one model")
            return nil
        }
        guard !virtual.contains(target.text) else {
            reader.note(
                target.mark, path, "\(target.shown) has a routing_config itself; name the models that stand behind it")
            return nil
        }
        return readTarget(target, path, accounts)
    }

    /// Statuses that say that something failed.
    private func readStatusCodes(_ section: inout Section, _ name: String) -> [Int]? {
        guard section.has(name) else { return nil }
        var codes: [Int] = []
        for value in section.strings(name) {
            guard let code = Int(value.text), (400...599).contains(code) else {
                reader.note(value.mark, section.pathOf(name), "\(value.shown) is not a status from 400 to 599")
                continue
            }
            if codes.contains(code) {
                reader.note(value.mark, section.pathOf(name), "\(value.shown) stands here twice")
            }
            codes.append(code)
        }
        return codes
    }

    private func readRetries(_ section: inout Section, _ target: inout TargetSetting) {
        guard var group = section.section("retry_config") else { return }
        defer { group.finish() }
        target.retry.attempts = group.integer("attempts", default: 1, range: 1...10)
        target.retry.statusCodes = readStatusCodes(&group, "on_status_codes") ?? []
        target.retry.delay =
            group.value("delay", expected: "a number of milliseconds, or a duration, up to 60s") { text in
                let delay =
                    Int64(text).flatMap { (0...60_000).contains($0) ? $0 * 1_000_000 : nil } ?? DurationText.parse(text)
                return delay.flatMap { (0...60_000_000_000).contains($0) ? $0 : nil }
            } ?? target.retry.delay
        if target.retry.attempts == 1 {
            group.refuse(["delay", "on_status_codes"], "has no effect with one attempt; set attempts to 2 or more")
        }
    }
}

extension TargetSetting {
    /// Whether both send the same request to the same place.
    func isSame(as other: TargetSetting) -> Bool {
        account == other.account && upstream == other.upstream && when == other.when
            && overrideParameters.elementsEqual(other.overrideParameters) { $0 == $1 }
            && Set(stripParameters) == Set(other.stripParameters)
            && Set(removeHeaders.map { $0.lowercased() }) == Set(other.removeHeaders.map { $0.lowercased() })
            && setHeaders.elementsEqual(other.setHeaders) { $0.name == $1.name && $0.value.isSame(as: $1.value) }
    }
}
