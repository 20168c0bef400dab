import Wire

/// Cuts an export request in two without knowing its items. Pure.
///
/// The three signals are built alike (opentelemetry-proto, collector services): the request has groups by resource (field 1), these
/// have groups by scope (field 2), these have the items (field 2: spans, metrics, log records); whatever else a group says stands
/// in both halves.
enum ExportSplitter {
    struct Halves: Equatable {
        let first: [UInt8]
        let firstItems: Int
        let second: [UInt8]
        let secondItems: Int
    }

    /// Nil for fewer than two items, and for what is no such request.
    static func split(_ request: [UInt8]) -> Halves? {
        request.withUnsafeBytes { bytes in
            guard let total = count(bytes), total > 1 else { return nil }
            let half = total / 2
            var position = 0
            let first = try? part(bytes, 0..<half, depth: 0, &position)
            position = 0
            let second = try? part(bytes, half..<total, depth: 0, &position)
            guard let first, let second else { return nil }
            return Halves(first: first, firstItems: half, second: second, secondItems: total - half)
        }
    }

    /// How many items a request has; nil for what is no such request.
    static func count(_ request: UnsafeRawBufferPointer) -> Int? { try? count(request, depth: 0) }

    /// The number of the field that leads one level down.
    private static func descent(_ depth: Int) -> Int { depth == 0 ? 1 : 2 }

    private static func count(_ bytes: UnsafeRawBufferPointer, depth: Int) throws(OTLPFault) -> Int {
        var fields = ProtobufFields(bytes), total = 0
        while let field = try fields.next() {
            guard field.number == descent(depth), field.type == .length else { continue }
            total += depth == 2 ? 1 : try count(field.bytes, depth: depth + 1)
        }
        return total
    }

    /// The message with those of its items whose places are in `kept`; groups without any are left out. `position` is the place
    /// of the item that comes next.
    private static func part(
        _ bytes: UnsafeRawBufferPointer, _ kept: Range<Int>, depth: Int, _ position: inout Int
    ) throws(OTLPFault) -> [UInt8] {
        var fields = ProtobufFields(bytes), output = ByteWriter(), start = 0
        while let field = try fields.next() {
            let whole = bytes.slice(start..<fields.position)
            start = fields.position
            guard field.number == descent(depth), field.type == .length else {
                output.append(whole)
                continue
            }
            let before = position
            if depth == 2 {
                position += 1
                if kept.contains(before) { output.append(whole) }
                continue
            }
            let inner = try part(field.bytes, kept, depth: depth + 1, &position)
            if (before..<position).overlaps(kept) { inner.withUnsafeBytes { output.append(field.number, bytes: $0) } }
        }
        return output.array
    }
}
