import Testing
import Wire

@testable import Telemetry

@Suite struct SpanEncodingTests {
    private let kinds: (stage: UInt64, server: UInt64, client: UInt64) = (1, 2, 3)

    private func spans(lengthLimit: Int? = nil) throws -> [ProtobufMessage] {
        try ProtobufMessage(SampleSession.encoded(lengthLimit: lengthLimit)).spans()
    }

    @Test("A session is encoded to exactly the bytes that the official decoder understood")
    func golden() throws {
        #expect(Hex.encode(try SampleSession.encoded()) == GoldenBytes.session)
    }

    @Test("Resource, scope and schema stand around the spans")
    func envelope() throws {
        let request = try ProtobufMessage(SampleSession.encoded())
        let resourceSpans = try request.message(1)
        #expect(
            try resourceSpans.message(1).attributes(1) == ["service.name": "tollgate", "service.instance.id": "i-1"])
        let scopeSpans = try resourceSpans.message(2)
        #expect(try scopeSpans.message(1).text(1) == "tollgate")
        #expect(try scopeSpans.message(1).text(2) == "1.2.3")
        #expect(scopeSpans.text(3) == "https://opentelemetry.io/schemas/1.41.0")
        #expect(try scopeSpans.messages(2).count == 4)
    }

    @Test("Spans have their ids in network order, their place in the tree, kind, name and times")
    func tree() throws {
        let spans = try spans()
        #expect(
            spans.map { $0.text(5) } == [
                "chat claude-sonnet-4-6", "chat claude-sonnet-4-6", "identify", "POST /v1/messages",
            ])
        #expect(spans.map { $0.number(6) } == [kinds.client, kinds.client, kinds.stage, kinds.server])
        for span in spans { #expect(Hex.encode(span.bytes(1)) == "0af7651916cd43dd8448eb211c80319c") }
        #expect(spans.map { Hex.encode($0.bytes(2)) } == ["a1", "a2", "b1", "c1"].map { "00000000000000" + $0 })
        for span in spans.dropLast() { #expect(span.bytes(4) == spans[3].bytes(2)) }
        #expect(Hex.encode(spans[3].bytes(4)) == "b7ad6b7169203331")
        #expect(spans[3].number(7) == UInt64(SampleSession.begin))
        #expect(spans[3].number(8) == UInt64(SampleSession.begin + 910_000_000))
    }

    @Test("Only a request's own span has a remote parent, and all are sampled")
    func flags() throws {
        #expect(try spans().map { $0.number(16) } == [0x101, 0x101, 0x101, 0x301])
    }

    @Test("Events have a time, a name and attributes of their own")
    func events() throws {
        var recorder = SpanRecorder()
        recorder.begin(
            .client, trace: try SampleSession.trace(), span: try SampleSession.span(1), parent: nil, from: 1, to: 2,
            isError: false, name: "chat x")
        recorder.text(.provider, "main")
        recorder.event("tollgate.fidelity", at: 7)
        recorder.text(prefix: "tollgate.fidelity.", "dropped", "cache_control")
        recorder.event("other", at: 8)
        recorder.end()
        recorder.begin(
            .client, trace: try SampleSession.trace(), span: try SampleSession.span(2), parent: nil, from: 1, to: 2,
            isError: false, name: "chat y")
        recorder.text(.provider, "second")
        recorder.end()
        let spans = try ProtobufMessage(SpanEncoder(resource: [], version: "1").encode([recorder.take()])).spans()
        #expect(try spans[0].attributes(9) == ["tollgate.provider": "main"])
        let events = try spans[0].messages(11)
        #expect(events.map { $0.text(2) } == ["tollgate.fidelity", "other"] && events.map { $0.number(1) } == [7, 8])
        #expect(try events[0].attributes(3) == ["tollgate.fidelity.dropped": "cache_control"])
        #expect(try spans[1].messages(11).isEmpty && spans[1].attributes(9) == ["tollgate.provider": "second"])
    }

    @Test("Links name another span and have attributes of their own")
    func links() throws {
        var recorder = SpanRecorder()
        for id: UInt64 in [1, 2] {
            recorder.begin(
                .client, trace: try SampleSession.trace(), span: try SampleSession.span(id), parent: nil, from: 1,
                to: 2, isError: false, name: "chat x")
            recorder.integer(.attemptOrdinal, Int64(id))
            recorder.link(trace: try SampleSession.trace(), span: try SampleSession.span(7))
            recorder.text(prefix: "tollgate.link.", "kind", "retry_of")
            recorder.link(trace: try SampleSession.trace(), span: try SampleSession.span(8))
            recorder.end()
        }
        let spans = try ProtobufMessage(SpanEncoder(resource: [], version: "1").encode([recorder.take()])).spans()
        for (index, span) in spans.enumerated() {
            #expect(try span.attributes(9) == ["tollgate.attempt.ordinal": "\(index + 1)"])
            let links = try span.messages(13)
            #expect(links.map { $0.bytes(2) } == [[0, 0, 0, 0, 0, 0, 0, 7], [0, 0, 0, 0, 0, 0, 0, 8]])
            #expect(links.map { $0.number(6) } == [0x101, 0x101])
            #expect(try links[0].bytes(1) == SampleSession.trace().bytes)
            #expect(try links[0].attributes(4) == ["tollgate.link.kind": "retry_of"])
            #expect(try links[1].attributes(4).isEmpty)
        }
    }

    @Test("A root span has no parent, local or remote")
    func root() throws {
        var recorder = SpanRecorder()
        recorder.begin(
            .server, trace: try SampleSession.trace(), span: try SampleSession.span(1), parent: nil, from: 1, to: 2,
            isError: false, name: "GET /healthz")
        recorder.end()
        let span = try ProtobufMessage(SpanEncoder(resource: [], version: "1").encode([recorder.take()])).spans()[0]
        #expect(!span.has(4))
        #expect(span.number(16) == 0x101)
    }

    @Test("The attempt that failed is an error without usage, the other has all of it and no status")
    func attempts() throws {
        let spans = try spans()
        #expect(try spans[0].message(15).number(3) == 2)
        let failed = try spans[0].attributes(9)
        #expect(failed["error.type"] == "overloaded_error")
        #expect(failed["http.response.status_code"] == "529")
        #expect(failed.keys.allSatisfy { !$0.hasPrefix("gen_ai.usage.") })
        #expect(!spans[1].has(15))
        #expect(
            try spans[1].attributes(9) == [
                "gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic",
                "gen_ai.request.model": "claude-sonnet-4-6", "gen_ai.request.stream": "true",
                "gen_ai.conversation.id": SampleSession.sessionID, "tollgate.attempt.ordinal": "1",
                "http.response.status_code": "200", "gen_ai.response.id": "msg_01",
                "gen_ai.response.finish_reasons": "[end_turn]", "gen_ai.response.time_to_first_chunk": "0.25",
                "gen_ai.usage.input_tokens": "1300", "gen_ai.usage.output_tokens": "200",
                "gen_ai.usage.cache_read.input_tokens": "1000", "gen_ai.usage.cache_creation.input_tokens": "100",
                "tollgate.cost.nano_usd": "4125000",
            ])
    }

    @Test("The request's span carries who, what and the client's own tags, and no usage")
    func request() throws {
        #expect(
            try spans()[3].attributes(9) == [
                "http.request.method": "POST", "http.route": "/v1/messages", "http.response.status_code": "200",
                "tollgate.request.id": "req_01", "user.id": "alice", "tollgate.team": "platform",
                "tollgate.metadata.environment": "ci", "tollgate.stage.identify.duration_ns": "1500000",
                "tollgate.cost.nano_usd": "4125000",
            ])
    }

    @Test("Texts are cut at the limit, numbers and lists keep their form")
    func lengthLimit() throws {
        let attributes = try spans(lengthLimit: 3)[1].attributes(9)
        #expect(attributes["gen_ai.provider.name"] == "ant")
        #expect(attributes["gen_ai.response.finish_reasons"] == "[end]")
        #expect(attributes["gen_ai.usage.input_tokens"] == "1300")
        #expect(try spans(lengthLimit: 0)[1].attributes(9)["gen_ai.provider.name"]?.isEmpty == true)
    }

    @Test("Bytes of a header that are no UTF-8 are replaced, and a limit never cuts within a character")
    func headerBytes() throws {
        func sent(_ bytes: [UInt8], limit: Int?) throws -> String? {
            var recorder = SpanRecorder()
            recorder.begin(
                .server, trace: try SampleSession.trace(), span: try SampleSession.span(1), parent: nil, from: 1, to: 2,
                isError: false, name: "x")
            bytes.withUnsafeBytes { recorder.text(.userAgent, $0) }
            recorder.end()
            let encoder = SpanEncoder(resource: [], version: "1", lengthLimit: limit)
            return try ProtobufMessage(encoder.encode([recorder.take()])).spans()[0].attributes(9)[
                "user_agent.original"]
        }
        #expect(try sent([0x61, 0xFF, 0x62], limit: nil) == "a\u{FFFD}b")
        #expect(try sent(Array("aé€".utf8), limit: 2) == "aé")
        #expect(try sent(Array("aé€".utf8), limit: 3) == "aé€")
    }

    @Test("Spans of any size stand side by side in one request, which may also have none")
    func sizes() throws {
        // Lengths of one byte to four, and more than the memory that is held for one span.
        let sizes = [1, 20_000, 2, 300_000, 100, 3 << 20, 1_000, 90, 70_000, 1]
        var recorder = SpanRecorder()
        for (index, size) in sizes.enumerated() {
            recorder.begin(
                .client, trace: try SampleSession.trace(), span: try SampleSession.span(UInt64(index + 1)), parent: nil,
                from: 0, to: 0, isError: false, name: "x")
            if size > 2 { recorder.text(.userAgent, String(repeating: "u", count: size)) }
            recorder.end()
        }
        let resource = [
            (name: "service.name", value: "tollgate"), (name: "k", value: String(repeating: "r", count: 300)),
        ]
        let encoder = SpanEncoder(resource: resource, version: "1.2.3")
        let request = try ProtobufMessage(encoder.encode([recorder.take()]))
        let spans = try request.spans()
        #expect(spans.map { $0.bytes(2).last } == (1...10).map(UInt8.init))
        #expect(
            try spans.map { try $0.attributes(9)["user_agent.original"]?.count ?? 0 } == sizes.map { $0 > 2 ? $0 : 0 })
        let empty = try ProtobufMessage(encoder.encode([]))
        #expect(try empty.spans().isEmpty)
        for request in [request, empty] {
            let around = try request.message(1), scope = try around.message(2)
            #expect(request.fields.count == 1 && around.fields.count == 2)
            #expect(try around.message(1).attributes(1)["service.name"] == "tollgate")
            #expect(try scope.message(1).text(1) == "tollgate" && scope.message(1).text(2) == "1.2.3")
            #expect(scope.text(3).hasPrefix("https://opentelemetry.io/schemas/"))
        }
    }

    @Test("A recorder that was emptied begins anew, and batches are encoded one after the other")
    func severalBatches() throws {
        var recorder = SpanRecorder()
        var batches: [RecordBatch] = []
        for number in 1...3 as ClosedRange<UInt64> {
            for _ in 0..<number {
                recorder.begin(
                    .stage, trace: try SampleSession.trace(), span: try SampleSession.span(number), parent: nil,
                    from: 1,
                    to: 2, isError: false, name: "route")
                recorder.end()
            }
            #expect(recorder.count == Int(number))
            batches.append(recorder.take())
            #expect(recorder.count == 0 && recorder.size == 0)
        }
        let ids = try ProtobufMessage(SpanEncoder(resource: [], version: "1").encode(batches)).spans().map {
            $0.bytes(2).last
        }
        #expect(ids == [1, 2, 2, 3, 3, 3])
    }

    @Test("Every attribute has a name of its own, in the form the conventions ask for")
    func names() {
        let names = AttributeKey.allCases.map { "\($0.name)" }
        #expect(Set(names).count == names.count)
        #expect(AttributeKey.allCases.count < Int(SpanRecorder.namedKey))
        for name in names {
            #expect(name.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz._".utf8.contains($0) }, "\(name)")
            // Back ends take money there for money, not for one more kind of tokens.
            let isUsage = name.hasPrefix("gen_ai.usage.") && name != "gen_ai.usage.cost"
            #expect(!isUsage || name.hasSuffix("_tokens"), "back ends add up whatever stands there: \(name)")
        }
    }
}
