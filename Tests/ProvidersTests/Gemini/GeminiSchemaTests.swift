import Testing
import Wire

@testable import Providers

@Suite("JSON Schemas for Gemini")
struct GeminiSchemaTests {
    private let gemini = GeminiFixture()

    private func expect(
        _ schema: String, becomes expected: JSONValue, _ location: SourceLocation = #_sourceLocation
    ) throws {
        let narrowed = try gemini.parameters(schema)
        #expect(narrowed == expected, "\(narrowed.text)", sourceLocation: location)
    }

    @Test("T-16 $schema, exclusiveMinimum, const and lists of types, in the order they came")
    func usual() throws {
        try expect(
            #"""
            {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","title":"T","properties":{
              "zeta":{"type":["string","null"],"pattern":"^a\"","minLength":1,"description":"Z."},
              "alpha":{"const":"x"},
              "mode":{"type":"string","enum":["a","b"],"default":"a"},
              "count":{"type":"integer","minimum":1,"maximum":9,"exclusiveMaximum":9,"multipleOf":2},
              "url":{"type":"string","format":"uri"},
              "at":{"type":"string","format":"date-time"},
              "list":{"type":"array","items":{"type":"string","maxLength":3},"minItems":1,"uniqueItems":true}
            },"required":["zeta"],"additionalProperties":false}
            """#,
            becomes: [
                "type": "object", "title": "T",
                "properties": [
                    "zeta": [
                        "type": ["string", "null"],
                        "description": "Z.\n\nConstraints: pattern: \"^a\\\"\"; minLength: 1",
                    ],
                    "alpha": ["enum": ["x"]],
                    "mode": ["type": "string", "enum": ["a", "b"], "description": "Constraints: default: \"a\""],
                    "count": [
                        "type": "integer", "minimum": 1, "maximum": 9,
                        "description": "Constraints: exclusiveMaximum: 9; multipleOf: 2",
                    ],
                    "url": ["type": "string", "description": "Constraints: format: \"uri\""],
                    "at": ["type": "string", "format": "date-time"],
                    "list": [
                        "type": "array", "items": ["type": "string", "description": "Constraints: maxLength: 3"],
                        "minItems": 1, "description": "Constraints: uniqueItems: true",
                    ],
                ],
                "required": ["zeta"], "additionalProperties": false,
            ])
    }

    @Test("T-16 required names only what there is, each once")
    func required() throws {
        try expect(
            #"{"type":"object","properties":{"a":{}},"required":["a","b","a"]}"#,
            becomes: [
                "type": "object", "properties": ["a": [:]], "required": ["a"],
                "description": "Constraints: required: [\"a\",\"b\",\"a\"]",
            ])
        try expect(
            #"{"type":"object","properties":{"a":{}},"required":["a","a"]}"#,
            becomes: ["type": "object", "properties": ["a": [:]], "required": ["a"]])
        try expect(#"{"type":"object","required":[]}"#, becomes: ["type": "object", "properties": [:]])
    }

    @Test(
        "T-16 The root is an object",
        arguments: ["{}", "true", "null", #"{"type":"object"}"#, #"{"$comment":"x","properties":{}}"#])
    func root(schema: String) throws { try expect(schema, becomes: ["type": "object", "properties": [:]]) }

    @Test("T-16 A root of another type says so; a missing schema is an empty one")
    func otherRoot() throws {
        try expect(
            #"{"type":["object","null"],"properties":{"a":true}}"#,
            becomes: [
                "type": "object", "properties": ["a": [:]],
                "description": "Constraints: type: [\"object\",\"null\"]",
            ])
        let request = try gemini.request(messages: GeminiFixture.hello, #","tools":[{"name":"t"}]"#)
        #expect(request.functions[0]["parametersJsonSchema"] == ["type": "object", "properties": [:]])
    }

    @Test("T-16 References: nothing beside them, old names of definitions, and a root that is only one")
    func references() throws {
        try expect(
            #"""
            {"$ref":"#/definitions/Root","definitions":{
              "Root":{"type":"object","properties":{
                "a":{"$ref":"#/definitions/A"},"b":{"$ref":"#/$defs/A","description":"B.","default":1}}},
              "A":{"type":"string","const":"q"}}}
            """#,
            becomes: [
                "type": "object",
                "properties": [
                    "a": ["$ref": "#/$defs/A"], "b": ["description": "B.", "anyOf": [["$ref": "#/$defs/A"]]],
                ],
                "$defs": [
                    "Root": [
                        "type": "object",
                        "properties": [
                            "a": ["$ref": "#/$defs/A"],
                            "b": ["description": "B.", "anyOf": [["$ref": "#/$defs/A"]]],
                        ],
                    ],
                    "A": ["type": "string", "enum": ["q"]],
                ],
            ])
        try expect(
            ##"{"$ref":"#/$defs/Gone","$defs":{}}"##, becomes: ["type": "object", "$defs": [:], "properties": [:]])
    }

    @Test("T-16 Alternatives stay, combinations become text, tuples get their new name")
    func combinations() throws {
        try expect(
            #"""
            {"type":"object","properties":{
              "a":{"anyOf":[{"type":"string"},{"type":"null","$comment":"c"}]},
              "b":{"oneOf":[{"type":"integer","not":{"const":1}}],"x-order":1},
              "c":{"allOf":[{"type":"string"}]},
              "d":{"type":"array","items":[{"type":"string"},false]},
              "e":{"type":"object","additionalProperties":{"type":"number","exclusiveMinimum":0},"propertyNames":{"pattern":"a"}},
              "f":{"enum":[1,2],"const":1},
              "g":{"anyOf":[]}}}
            """#,
            becomes: [
                "type": "object",
                "properties": [
                    "a": ["anyOf": [["type": "string"], ["type": "null"]]],
                    "b": ["oneOf": [["type": "integer", "description": "Constraints: not: {\"const\":1}"]]],
                    "c": ["description": "Constraints: allOf: [{\"type\":\"string\"}]"],
                    "d": ["type": "array", "prefixItems": [["type": "string"], [:]]],
                    "e": [
                        "type": "object",
                        "additionalProperties": [
                            "type": "number", "description": "Constraints: exclusiveMinimum: 0",
                        ],
                        "description": "Constraints: propertyNames: {\"pattern\":\"a\"}",
                    ],
                    "f": ["enum": [1, 2], "description": "Constraints: const: 1"],
                    "g": ["description": "Constraints: anyOf: []"],
                ],
            ])
    }

    @Test("A rule that is long is only named; schemas in schemas end somewhere")
    func bounds() throws {
        let long = #"{"properties":{"a":{"allOf":[{"title":"\#(String(repeating: "x", count: 2_000))"}]}}}"#
        try expect(
            long, becomes: ["type": "object", "properties": ["a": ["description": "Constraints: allOf"]]])
        let deep = String(repeating: #"{"properties":{"a":"#, count: 55) + "{}" + String(repeating: "}}", count: 55)
        var level: JSONValue? = try gemini.parameters(deep), levels = 0
        while let next = level?["properties"]?["a"] {
            level = next
            levels += 1
        }
        #expect(levels == 48)
    }

    @Test("T-16 Only what changes a rule counts as approximated")
    func fidelity() throws {
        func receipt(_ schema: String) throws -> FidelityReceipt {
            let tools = #","tools":[{"name":"t","input_schema":\#(schema)}]"#
            return try gemini.request(messages: GeminiFixture.hello, tools).receipt
        }
        let kept = try receipt(#"{"$schema":"s","type":"object","properties":{"a":{"const":1}}}"#)
        #expect(kept.contains(.toolSchema, .forwarded) && !kept.contains(.toolSchema, .approximated))
        #expect(try receipt(#"{"properties":{"a":{"pattern":"x"}}}"#).contains(.toolSchema, .approximated))
    }
}
