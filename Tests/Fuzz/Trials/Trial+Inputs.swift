import Configuration
import Gateway
import Glibc
import Governance
import HTTP
import Telemetry
import Wire

extension Trial {
    /// What else comes from outside: headers, credentials, exports, files.
    static let inputs = [
        Trial(name: "trace-headers") { bytes in try Cuts.withCopy(bytes, traced) },
        Trial(name: "metadata") { bytes in
            try Cuts.withCopy(bytes) { bytes in
                guard let tags = try? Metadata(["team": "a"]).overlaid(with: bytes, isLocked: { $0 == "team" }) else {
                    return
                }
                try require(tags.value(of: "team") == "a" && tags.tags.count <= Metadata.maximumTags, "\(tags.tags)")
                try require(tags.json.withUnsafeBytes { SlowJSON($0) != nil }, "no JSON")
            }
        },
        Trial(name: "token") { bytes in
            try Cuts.withCopy(bytes) { bytes in
                _ = JSONWebToken.isLikely(bytes)
                if let token = try? JSONWebToken(parsing: bytes) {
                    try require(token.signedRange.upperBound <= bytes.count, "signed is more than there is")
                }
                // The parts of a token, so that claims need not be found by way of Base64.
                let parts = bytes.split(separator: 0x2E, maxSplits: 1).map { Array($0) }
                var whole = ByteWriter()
                for part in parts {
                    part.withUnsafeBytes { Base64.encodeForURL($0, to: &whole) }
                    whole.append(".")
                }
                whole.append("c2ln")
                _ = try? JSONWebToken(parsing: whole.bytes)
            }
        },
        Trial(name: "key-set") { bytes in
            try Cuts.withCopy(bytes) { bytes in
                guard let set = try? JSONWebKeySet(parsing: bytes) else { return }
                try require(set.keys.count + set.ignored.count <= JSONWebKeySet.maximumKeys, "too many keys")
            }
        },
        Trial(name: "otlp-binary") { bytes in try exports(bytes) { try received($0, $1) } },
        Trial(name: "otlp-json") { bytes in
            try exports(bytes) { json, signal in
                guard let binary = try? OTLPTranscoder.protobuf(json, signal) else { return }
                try require(binary.count <= json.count * 8 + 64, "\(binary.count) bytes of \(json.count)")
                try binary.withUnsafeBytes { try received($0, signal) }
            }
        },
        Trial(name: "http2") { bytes in
            // libnghttp2 counts a CONTINUATION anew with every piece that its head comes in.
            let few = Cuts.ways(bytes).filter { $0.ends.count <= 8 }
            try sameVerdict(bytes, few) { try SessionVerdict($0, $1) }
            for pieces in Cuts.ways(bytes) { _ = try SessionVerdict(bytes, pieces) }
        },
        Trial(name: "configuration") { bytes in
            let sources = ValueSources(
                environment: { $0 == "SET" ? "value" : nil }, file: { _ in .failure(.init("is not there")) })
            let text = String(decoding: bytes, as: UTF8.self)
            _ = try? Snapshot.parse(text, file: "tollgate.yaml", directory: "/nonexistent", sources: sources).summary
        },
        Trial(name: "prices") { bytes in
            // Files are read by their names, even those that have lost them.
            let file = nameless()
            guard file >= 0 else { throw Violation("no file: \(errno)") }
            defer { close(file) }
            guard write(file, bytes.baseAddress, bytes.count) == bytes.count else { throw Violation("no room") }
            guard let table = try? PriceTable.builtIn.adding(file: "/proc/self/fd/\(file)") else { return }
            for model in table.models { _ = table.price(of: model, at: 1_800_000_000_000_000_000) }
            try require(table.models.count <= bytes.count + PriceTable.builtIn.models.count, "models from nothing")
        },
        Trial(name: "invoice") { bytes in
            guard let invoice = try? Invoice.read(String(decoding: bytes, as: UTF8.self)) else { return }
            try require(invoice.lines.count <= bytes.count * 8, "more lines than bytes")
        },
        Trial(name: "texts") { bytes in try Cuts.withCopy(bytes, texts) },
    ]

    private static func nameless() -> CInt {
        var name = Array("/tmp/tollgate-prices-XXXXXX".utf8CString)
        let file = mkstemp(&name)
        if file >= 0 { unlink(name) }
        return file
    }

    private static func traced(_ bytes: UnsafeRawBufferPointer) throws {
        if let context = TraceContext(parsing: bytes) {
            var written = ByteWriter()
            context.append(to: &written)
            try require(TraceContext(parsing: written.bytes) == context, "another context")
        }
        if let value = Baggage.value(of: "session.id", in: bytes) {
            try require(value.utf8.count <= bytes.count * 3, "longer than the header")
        }
    }

    private static func exports(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, Signal) throws -> Void
    ) throws {
        for signal in Signal.allCases { try Cuts.withCopy(bytes) { try body($0, signal) } }
    }

    private static let stamp = ClientStamp(
        user: "alice", team: "platform", keyID: "key_1", project: "tollgate", metadata: [])

    /// What is taken can be taken again, and is as much then.
    private static func received(_ bytes: UnsafeRawBufferPointer, _ signal: Signal) throws {
        _ = try? ClientActivity.metrics(in: bytes)
        _ = try? ClientActivity.records(in: bytes)
        _ = try? ClientActivity.traces(in: bytes)
        for keepsContent in [false, true] {
            let policy = AttributePolicy(keepsContent: keepsContent)
            guard let result = try? ClientPayloadWriter.write(bytes, as: signal, stamp, policy) else { continue }
            try require(result.bytes.count <= bytes.count * 256 + 1_024, "\(result.bytes.count) of \(bytes.count)")
            try result.bytes.withUnsafeBytes { written in
                let again = try ClientPayloadWriter.write(written, as: signal, stamp, policy)
                try require(again.items == result.items, "\(again.items) items of \(result.items)")
            }
        }
    }

    private static func texts(_ bytes: UnsafeRawBufferPointer) throws {
        if let moment = HTTPDate.parse(bytes) {
            var written = ByteWriter()
            HTTPDate.append(unixSeconds: moment, to: &written)
            try require(HTTPDate.parse(written.bytes) == moment, "another date: \(written.text)")
        }
        if let moment = RFC3339.parse(bytes) {
            try require(RFC3339.parse(RFC3339.text(moment, fraction: .nanoseconds)) == moment, "another moment")
        }
        if let date = CivilDate(parsing: bytes) { try require(CivilDate(parsing: date.text) == date, "another day") }
        var decoded = ByteWriter()
        if Base64.decode(bytes, to: &decoded) { try require(decoded.count <= bytes.count, "more than was encoded") }
        if let bytes = Base64.decodedForURL(bytes) {
            var written = ByteWriter()
            bytes.withUnsafeBytes { Base64.encodeForURL($0, to: &written) }
            try require(Base64.decodedForURL(written.bytes) == bytes, "other bytes")
        }
        _ = Hex.decode(bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        try require(PercentEncoding.decode(PercentEncoding.encode(text)) == text, "another text")
        _ = (DurationText.parse(text), SizeText.parse(text), NumberText.dollars(text), NumberText.count(text))
    }
}

/// What becomes of one request on an HTTP/2 connection.
struct SessionVerdict: Equatable {
    var status = 0
    var body: [UInt8] = []
    var fields: [String] = []
    var fault: HTTP2Fault?

    init(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts) throws {
        let session = try HTTP2Session(maximumAnswer: 4_096)
        let request = [(":method", "POST"), (":scheme", "http"), (":authority", "h:1"), (":path", "/a")]
        let stream = try session.begin(request.map { (name: $0.0, value: $0.1) }, body: [1, 2, 3])
        while try session.nextOutput() != nil {}
        var answer: HTTP2Answer?
        do {
            try pieces.forEach(bytes) { try session.receive($0) }
            answer = try session.takeAnswer(stream)
            while try session.nextOutput() != nil {}
        } catch let error as HTTP2Fault {
            fault = error
        }
        if fault != nil { return }
        status = answer?.status ?? 0
        body = answer?.body ?? []
        for pair in (answer?.fields ?? []) + (answer?.trailers ?? []) { fields.append("\(pair.name): \(pair.value)") }
        try require(body.count <= 4_096, "a larger answer than is read")
    }
}
