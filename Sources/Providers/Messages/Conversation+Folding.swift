import Wire

extension Conversation {
    /// For dialects that take a system prompt only at the front: messages of the system become part of the user turn beside them,
    /// marked as what they are, and roles alternate.
    func foldingSystemMessages() -> [Turn] {
        var folded: [Turn] = []
        for turn in turns {
            switch turn {
            case .assistant: folded.append(turn)
            case .system(let text): Self.add([], [.text(Self.marked(text))], to: &folded)
            case .user(let results, let content): Self.add(results, content, to: &folded)
            }
        }
        return folded
    }

    private static func add(_ results: [Result], _ content: [Content], to turns: inout [Turn]) {
        if results.isEmpty, case .user(let before, let earlier)? = turns.last {
            turns[turns.count - 1] = .user(results: before, content: earlier + content)
        } else {
            turns.append(.user(results: results, content: content))
        }
    }

    private static func marked(_ text: TextRun) -> TextRun {
        var run = TextRun(.literal("<system-message>\n"))
        run.append(text)
        run.append(.literal("\n</system-message>"))
        return run
    }
}

extension [Conversation.Content] {
    /// The texts, joined by line breaks.
    var joinedText: TextRun {
        var run = TextRun()
        for case .text(let text) in self {
            if !run.hasNoParts { run.append(.literal("\n")) }
            run.append(text)
        }
        return run
    }

    var hasMedia: Bool { contains(where: \.isMedia) }
}
