/// A protobuf message read without a schema (protobuf encoding guide), so that what is encoded is not checked by its own code.
struct ProtobufMessage: Equatable {
    enum Value: Equatable {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes([UInt8])
    }

    struct Fault: Error {}

    private(set) var fields: [(number: Int, value: Value)] = []

    init(_ bytes: some Sequence<UInt8>) throws {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let tag = try Self.varint(&rest)
            fields.append((Int(tag >> 3), try Self.value(Int(tag & 7), &rest)))
        }
    }

    static func == (left: Self, right: Self) -> Bool {
        left.fields.elementsEqual(right.fields) { $0.number == $1.number && $0.value == $1.value }
    }

    private static func value(_ type: Int, _ rest: inout ArraySlice<UInt8>) throws -> Value {
        switch type {
        case 0: return .varint(try varint(&rest))
        case 1: return .fixed64(try number(&rest, 8))
        case 2: return .bytes(try take(&rest, Int(try varint(&rest))))
        case 5: return .fixed32(UInt32(try number(&rest, 4)))
        default: throw Fault()
        }
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
        var value: UInt64 = 0
        for place in 0..<10 {
            guard let byte = rest.popFirst() else { throw Fault() }
            value |= UInt64(byte & 0x7F) << UInt64(7 * place)
            if byte < 0x80 { return value }
        }
        throw Fault()
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, _ length: Int) throws -> UInt64 {
        try take(&rest, length).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func take(_ rest: inout ArraySlice<UInt8>, _ length: Int) throws -> [UInt8] {
        guard length <= rest.count else { throw Fault() }
        defer { rest = rest.dropFirst(length) }
        return Array(rest.prefix(length))
    }

    // MARK: Reading

    func values(_ number: Int) -> [Value] { fields.filter { $0.number == number }.map(\.value) }

    func has(_ number: Int) -> Bool { fields.contains { $0.number == number } }

    func messages(_ number: Int) throws -> [ProtobufMessage] {
        try values(number).map { value in
            guard case .bytes(let bytes) = value else { throw Fault() }
            return try ProtobufMessage(bytes)
        }
    }

    func message(_ number: Int) throws -> ProtobufMessage {
        guard let first = try messages(number).first else { throw Fault() }
        return first
    }

    /// The bytes of a field, empty when it is left out.
    func bytes(_ number: Int) -> [UInt8] {
        guard case .bytes(let bytes)? = values(number).first else { return [] }
        return bytes
    }

    func text(_ number: Int) -> String { String(decoding: bytes(number), as: UTF8.self) }

    /// A number of any wire type, 0 when it is left out.
    func number(_ number: Int) -> UInt64 {
        switch values(number).first {
        case .varint(let value)?, .fixed64(let value)?: value
        case .fixed32(let value)?: UInt64(value)
        case .bytes?, nil: 0
        }
    }

    func double(_ number: Int) -> Double { Double(bitPattern: self.number(number)) }

    /// A packed field of 64-bit numbers.
    func packed(_ number: Int) throws -> [UInt64] {
        var rest = bytes(number)[...], numbers: [UInt64] = []
        while !rest.isEmpty { numbers.append(try Self.number(&rest, 8)) }
        return numbers
    }

    // MARK: OTLP

    /// The attributes (`KeyValue`) of field `number`, values as text: strings as they are, lists in brackets.
    func attributes(_ number: Int) throws -> [String: String] {
        var result: [String: String] = [:]
        for pair in try messages(number) { result[pair.text(1)] = try pair.message(2).anyValue() }
        return result
    }

    private func anyValue() throws -> String {
        switch fields.first?.number {
        case 1?: text(1)
        case 2?: number(2) == 1 ? "true" : "false"
        case 3?: "\(Int64(bitPattern: number(3)))"
        case 4?: "\(double(4))"
        case 5?: "[" + (try message(5).messages(1).map { try $0.anyValue() }).joined(separator: ",") + "]"
        default: throw Fault()
        }
    }

    /// The spans of an `ExportTraceServiceRequest`, which has one resource and one scope.
    func spans() throws -> [ProtobufMessage] { try message(1).message(2).messages(2) }

    /// The records of an `ExportLogsServiceRequest`, which has one resource and one scope.
    func records() throws -> [ProtobufMessage] { try message(1).message(2).messages(2) }

    /// The metrics of an `ExportMetricsServiceRequest`, by name.
    func metrics() throws -> [String: ProtobufMessage] {
        Dictionary(uniqueKeysWithValues: try message(1).message(2).messages(2).map { ($0.text(1), $0) })
    }
}
