import Testing

@testable import Wire

@Suite("JSON writing")
struct JSONWriterTests {
    @Test("Commas, colons and escapes come by themselves")
    func writes() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("text", "a\"b\\c\n\u{0}\u{1F}é")
        writer.member("count", .min)
        writer.key("list")
        writer.beginArray()
        writer.value(1.5)
        writer.value(Double.nan)
        writer.value(true)
        writer.null()
        writer.value("lit")
        writer.beginArray()
        writer.endArray()
        Array("{\"raw\":1}".utf8).withUnsafeBytes { writer.value(raw: $0) }
        writer.endArray()
        writer.key(string: "é")
        writer.beginObject()
        writer.endObject()
        writer.endObject()
        let isComplete = writer.isComplete
        #expect(isComplete)
        #expect(
            writer.finish().text
                == #"{"text":"a\"b\\c\n\u0000\u001fé","count":-9223372036854775808,"#
                + #""list":[1.5,null,true,null,"lit",[],{"raw":1}],"é":{}}"#)
    }

    @Test(
        "Doubles are written in their shortest form that reads back",
        arguments: [
            0.1, 1e300, -2.5e-10, 123456789.125, Double.leastNonzeroMagnitude, 1.7976931348623157e308, 0, -0.0, 100,
        ])
    func writesDoubles(_ number: Double) throws {
        var writer = JSONWriter()
        writer.value(number)
        let text = writer.text
        #expect(Double(text) == number)
        #expect(try JSONValue(parsing: text).double == number)
    }

    @Test("A writer is used again, and writes behind what its buffer holds")
    func reuses() {
        var output = ByteWriter()
        output.append("data: ")
        var writer = JSONWriter(into: output)
        writer.value(7)
        #expect(writer.array == Array("data: 7".utf8))
        writer.reset()
        writer.value(false)
        #expect(writer.array == Array("false".utf8))
    }

    @Test("Objects keep their order and the last of two names counts")
    func objects() {
        var object: JSONObject = ["b": 1, "a": "x", "b": 2]
        #expect(object["b"] == 2)
        object["b"] = 3
        object["c"] = [nil, true, 1.5]
        object["a"] = nil
        #expect(JSONValue.object(object).text == #"{"b":1,"b":3,"c":[null,true,1.5]}"#)
        let value: JSONValue = ["n": ["m": 5]]
        #expect(value["n"]?["m"]?.int64 == 5)
        #expect(value["n"]?["m"]?.double == 5)
        #expect(value["x"] == nil)
        #expect(JSONValue.literal("1e400").double == .infinity)
    }
}
