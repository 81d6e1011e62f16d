"""What we say in a call of our own accord, by language; English where we have no words."""

from dataclasses import dataclass
from typing import Final

from chalicelib.calls.terms import AgentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The sentences of one language."""

    fillers: tuple[str, ...]
    apology: str
    """The agent failed or was late; the caller may try again."""
    reprompts: tuple[str, ...]
    """Said after each silence in a row; when they run out, the farewell follows."""
    farewell: str
    unreached: str
    """Nobody answered whom the call was to be handed to; it goes on with us."""
    trouble: str
    """Something of ours failed; the call ends."""


ENGLISH: Final = Phrases(
    fillers=(
        "One moment, please.",
        "Let me see.",
        "Just a second.",
    ),
    apology="I am sorry, I could not work that out. Could you say it again?",
    reprompts=(
        "Are you still there?",
        "I did not hear anything. Please say something, or press a key.",
    ),
    farewell="I cannot hear you, so I will hang up now. Goodbye.",
    unreached="I am sorry, nobody is answering there right now. How else can I help you?",
    trouble="I am sorry, something went wrong on our side. Please try again later. Goodbye.",
)
GERMAN: Final = Phrases(
    fillers=("Einen Moment, bitte.", "Ich sehe nach.", "Nur eine Sekunde."),
    apology="Es tut mir leid, das habe ich nicht geschafft. Können Sie es noch einmal sagen?",
    reprompts=(
        "Sind Sie noch da?",
        "Ich habe nichts gehört. Bitte sagen Sie etwas, oder drücken Sie eine Taste.",
    ),
    farewell="Ich kann Sie nicht hören und lege jetzt auf. Auf Wiederhören.",
    unreached="Es tut mir leid, dort meldet sich gerade niemand. Wie kann ich Ihnen sonst helfen?",
    trouble=(
        "Es tut mir leid, bei uns ist etwas schiefgegangen. Bitte versuchen Sie es später noch"
        " einmal. Auf Wiederhören."
    ),
)
FRENCH: Final = Phrases(
    fillers=("Un instant, s'il vous plaît.", "Je regarde.", "Une petite seconde."),
    apology="Je suis désolé, je n'y suis pas arrivé. Pouvez-vous répéter?",
    reprompts=(
        "Êtes-vous toujours là?",
        "Je n'ai rien entendu. Dites quelque chose, ou appuyez sur une touche.",
    ),
    farewell="Je ne vous entends pas, je vais donc raccrocher. Au revoir.",
    unreached="Je suis désolé, personne ne répond. Comment puis-je vous aider autrement?",
    trouble=("Je suis désolé, un problème est survenu chez nous. Réessayez plus tard. Au revoir."),
)
SPANISH: Final = Phrases(
    fillers=("Un momento, por favor.", "Déjeme ver.", "Un segundo."),
    apology="Lo siento, no he podido resolverlo. ¿Puede repetirlo?",
    reprompts=(
        "¿Sigue ahí?",
        "No he oído nada. Diga algo, por favor, o pulse una tecla.",
    ),
    farewell="No le oigo, así que voy a colgar. Adiós.",
    unreached="Lo siento, ahora mismo no contesta nadie. ¿En qué más puedo ayudarle?",
    trouble="Lo siento, algo ha fallado por nuestra parte. Inténtelo más tarde, por favor. Adiós.",
)
ITALIAN: Final = Phrases(
    fillers=("Un momento, per favore.", "Vediamo.", "Solo un secondo."),
    apology="Mi dispiace, non ci sono riuscito. Può ripetere?",
    reprompts=(
        "È ancora in linea?",
        "Non ho sentito nulla. Dica qualcosa, oppure prema un tasto.",
    ),
    farewell="Non la sento, quindi ora riaggancio. Arrivederci.",
    unreached="Mi dispiace, al momento non risponde nessuno. Come posso aiutarla altrimenti?",
    trouble="Mi dispiace, da noi qualcosa è andato storto. Riprovi più tardi. Arrivederci.",
)
PORTUGUESE: Final = Phrases(
    fillers=("Um momento, por favor.", "Deixe-me ver.", "Só um segundo."),
    apology="Desculpe, não consegui resolver isso. Pode repetir?",
    reprompts=(
        "Ainda está aí?",
        "Não ouvi nada. Por favor, diga alguma coisa ou pressione uma tecla.",
    ),
    farewell="Não consigo ouvir, por isso vou desligar. Até logo.",
    unreached="Desculpe, ninguém atende neste momento. Como posso ajudar de outra forma?",
    trouble="Desculpe, algo correu mal do nosso lado. Tente mais tarde, por favor. Até logo.",
)
DUTCH: Final = Phrases(
    fillers=("Een moment, alstublieft.", "Ik kijk even.", "Een seconde."),
    apology="Het spijt me, dat is niet gelukt. Kunt u het nog eens zeggen?",
    reprompts=(
        "Bent u er nog?",
        "Ik heb niets gehoord. Zeg alstublieft iets, of druk op een toets.",
    ),
    farewell="Ik kan u niet horen, dus ik hang nu op. Tot ziens.",
    unreached="Het spijt me, daar neemt nu niemand op. Hoe kan ik u verder helpen?",
    trouble="Het spijt me, er is bij ons iets misgegaan. Probeer het later nog eens. Tot ziens.",
)
_BY_LANGUAGE: Final = {
    "de": GERMAN,
    "en": ENGLISH,
    "es": SPANISH,
    "fr": FRENCH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pt": PORTUGUESE,
}
LANGUAGES: Final = tuple(_BY_LANGUAGE)
"""Those that we have words in, by their primary subtags."""


def phrases(language: str) -> Phrases:
    """Our sentences in *language*, a BCP 47 tag; those of its country count as the language's."""
    return _BY_LANGUAGE.get(language.partition("-")[0].lower(), ENGLISH)


def fillers(settings: AgentSettings, language: str) -> tuple[str, ...]:
    """What is said in turn to whoever waits: the owner's sentences, else ours of *language*."""
    return settings.fillers or phrases(language).fillers
