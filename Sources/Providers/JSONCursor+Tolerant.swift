import Wire

/// Answers of providers: what has another form than is expected is passed over.
extension JSONCursor {
    /// Enters an object; anything else is passed over.
    mutating func enterObjectOrSkip() throws(JSONError) -> Bool {
        guard try peekKind() == .object else {
            try skipValue()
            return false
        }
        try enterObject()
        return true
    }

    /// Enters an array; anything else is passed over.
    mutating func enterArrayOrSkip() throws(JSONError) -> Bool {
        guard try peekKind() == .array else {
            try skipValue()
            return false
        }
        try enterArray()
        return true
    }

    /// A string; `nil` for anything else, which is passed over.
    mutating func stringOrSkip() throws(JSONError) -> JSONString? {
        guard try peekKind() == .string else {
            try skipValue()
            return nil
        }
        return try readString()
    }

    /// Of an array of alternatives those of one `index`: the one that was taken before, else the first. Returns which it is.
    mutating func readOne(
        _ taken: Int64?, _ read: (inout JSONCursor) throws(JSONError) -> Void
    ) throws(JSONError) -> Int64? {
        guard try enterArrayOrSkip() else { return taken }
        var taken = taken, isFirst = true
        while try nextElement() {
            let index = try index(elseFirst: isFirst)
            isFirst = false
            if let index, taken ?? index == index {
                taken = index
                try read(&self)
            } else {
                try skipValue()
            }
        }
        return taken
    }

    /// What the object ahead says its `index` is; it is not read by that. Without one the first is 0, and no other is any.
    private func index(elseFirst isFirst: Bool) throws(JSONError) -> Int64? {
        var ahead = self
        guard try ahead.enterObjectOrSkip() else { return nil }
        while let key = try ahead.nextKey() {
            if key.equals("index") { return try ahead.integerOrSkip() ?? 0 }
            try ahead.skipValue()
        }
        return isFirst ? 0 : nil
    }

    /// An integer; `nil` for anything else, which is passed over.
    mutating func integerOrSkip() throws(JSONError) -> Int64? {
        guard try peekKind() == .number else {
            try skipValue()
            return nil
        }
        return try readNumber().int64
    }
}
