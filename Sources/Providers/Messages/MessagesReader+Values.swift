import Wire

/// Reading of single values, with the cursor's faults as the reader's own.
extension MessagesReader {
    mutating func kind() throws(Fault) -> JSONKind {
        do throws(JSONError) { return try cursor.peekKind() } catch { throw .json(error) }
    }

    mutating func skip() throws(Fault) {
        do throws(JSONError) { try cursor.skipValue() } catch { throw .json(error) }
    }

    /// The value as it is written.
    mutating func raw() throws(Fault) -> UnsafeRawBufferPointer {
        do throws(JSONError) { return cursor.bytes(try cursor.skipValue()) } catch { throw .json(error) }
    }

    /// `nil` for any value that is no string.
    mutating func string() throws(Fault) -> JSONString? {
        do throws(JSONError) {
            guard try cursor.peekKind() == .string else {
                try cursor.skipValue()
                return nil
            }
            return try cursor.readString()
        } catch {
            throw .json(error)
        }
    }

    /// `false` for any value but `true`.
    mutating func bool() throws(Fault) -> Bool {
        do throws(JSONError) {
            guard try cursor.peekKind() == .bool else {
                try cursor.skipValue()
                return false
            }
            return try cursor.readBool()
        } catch {
            throw .json(error)
        }
    }

    /// A number as it is written; `nil` for null.
    mutating func number(_ path: String) throws(Fault) -> UnsafeRawBufferPointer? {
        do throws(JSONError) {
            if try cursor.readNull() { return nil }
            if try cursor.peekKind() == .number { return try cursor.readNumber().bytes }
        } catch {
            throw .json(error)
        }
        throw .member(path, "must be a number")
    }

    /// A JSON Schema, which is an object or a boolean, as it is written; `nil` for null.
    mutating func schema(_ path: @autoclosure () -> String) throws(Fault) -> UnsafeRawBufferPointer? {
        do throws(JSONError) {
            if try cursor.readNull() { return nil }
            if [.object, .bool].contains(try cursor.peekKind()) { return cursor.bytes(try cursor.skipValue()) }
        } catch {
            throw .json(error)
        }
        throw .member(path(), "must be an object")
    }

    mutating func integer(_ path: @autoclosure () -> String) throws(Fault) -> Int64? {
        do throws(JSONError) {
            if try cursor.readNull() { return nil }
            if try cursor.peekKind() == .number, let value = try cursor.readNumber().int64 { return value }
        } catch {
            throw .json(error)
        }
        throw .member(path(), "must be a whole number")
    }

    /// The members of an object; any other value is passed over, unless it must be one.
    mutating func members(
        _ path: @autoclosure () -> String? = nil, _ body: (inout MessagesReader, JSONString) throws(Fault) -> Void
    ) throws(Fault) {
        guard try kind() == .object else {
            if try kind() != .null, let path = path() { throw .member(path, "must be an object") }
            return try skip()
        }
        do throws(JSONError) { try cursor.enterObject() } catch { throw .json(error) }
        while let key = try nextKey() { try body(&self, key) }
    }

    private mutating func nextKey() throws(Fault) -> JSONString? {
        do throws(JSONError) { return try cursor.nextKey() } catch { throw .json(error) }
    }

    mutating func elements(
        _ path: @autoclosure () -> String, _ body: (inout MessagesReader, Int) throws(Fault) -> Void
    ) throws(Fault) {
        guard try kind() == .array else {
            if try kind() == .null { return try skip() }
            throw .member(path(), "must be a list")
        }
        do throws(JSONError) { try cursor.enterArray() } catch { throw .json(error) }
        var index = 0
        while try nextElement() {
            try body(&self, index)
            index += 1
        }
    }

    private mutating func nextElement() throws(Fault) -> Bool {
        do throws(JSONError) { return try cursor.nextElement() } catch { throw .json(error) }
    }

    /// What `body` reads, as it is written.
    mutating func span(
        _ body: (inout MessagesReader) throws(Fault) -> Void
    ) throws(Fault) -> UnsafeRawBufferPointer {
        _ = try kind()
        let start = cursor.position
        try body(&self)
        return cursor.bytes(start..<cursor.position)
    }
}
