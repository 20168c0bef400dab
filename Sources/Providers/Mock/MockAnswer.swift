import Wire

/// What the mock provider answers with: a head and pieces of body, each after a pause.
package struct MockAnswer: Sendable {
    package struct Step: Sendable {
        /// Nanoseconds.
        package let pause: Int64
        package let bytes: [UInt8]
    }
    package let status: Int
    package let contentType: String
    package let steps: [Step]

    package init(status: Int, contentType: String, steps: [Step]) {
        self.status = status
        self.contentType = contentType
        self.steps = steps
    }

    static func json(_ value: JSONValue, status: Int = 200, pause: Int64 = 0) -> MockAnswer {
        MockAnswer(
            status: status, contentType: "application/json", steps: [Step(pause: pause, bytes: Array(value.text.utf8))])
    }

    static func error(_ type: String, _ message: String, status: Int, pause: Int64) -> MockAnswer {
        .json(
            ["type": "error", "error": ["type": .string(type), "message": .string(message)]], status: status,
            pause: pause)
    }
}
