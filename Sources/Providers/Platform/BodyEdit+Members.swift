import Wire

extension BodyEdit {
    /// Sets members of the first level, each with its JSON, and strips others; what is there already is replaced where it stands.
    ///
    /// - Parameter members: the first level.
    package mutating func set(
        _ values: [(name: String, json: [UInt8])], strip names: [String], members: [JSONMember]
    ) {
        var missing = ByteWriter()
        let isStripped = members.map { member in
            names.contains { member.isNamed($0, in: body) } && !values.contains { member.isNamed($0.name, in: body) }
        }
        for value in values {
            var isThere = false
            for member in members where member.isNamed(value.name, in: body) {
                replace(member.value, by: value.json)
                isThere = true
            }
            guard !isThere else { continue }
            if !missing.isEmpty { missing.append(",") }
            var name = JSONWriter()
            name.value(string: value.name)
            missing.append(name.bytes)
            missing.append(":")
            missing.append(value.json)
        }
        add(missing.array, to: members, isStripped)
        cut(members.map { $0.key.lowerBound - 1..<$0.value.upperBound }, where: isStripped)
    }

    /// Behind the last member that stays.
    mutating func add(_ text: [UInt8], to members: [JSONMember], _ isStripped: [Bool]) {
        guard !text.isEmpty else { return }
        if let last = isStripped.lastIndex(of: false) {
            let end = members[last].value.upperBound
            replace(end..<end, by: [UInt8(ascii: ",")] + text)
        } else {
            let start = members.first.map { $0.key.lowerBound - 1 } ?? (body.firstIndex(of: "{") ?? 0) + 1
            replace(start..<start, by: text)
        }
    }
}

extension JSONMember {
    fileprivate func isNamed(_ name: String, in body: UnsafeRawBufferPointer) -> Bool {
        let key = keyString(in: body)
        guard key.hasEscapes else { return key.bytes.elementsEqual(name.utf8) }
        return (try? key.decoded()) == name
    }
}
