import pytest

from eprivacy_its import show


def test_say_is_markdown():
    data, metadata = show.say("  Reports **fell**. ")._repr_mimebundle_()
    assert data == {"text/markdown": "Reports **fell**.", "text/plain": "Reports **fell**."}
    assert metadata == {"eprivacy_its": {"role": "say"}}


def test_answer_is_marked_for_the_page():
    _data, metadata = show.answer("It fell.")._repr_mimebundle_()
    assert metadata == {"eprivacy_its": {"role": "answer"}}


@pytest.mark.parametrize("function", [show.say, show.answer])
def test_empty_text_is_refused(function):
    with pytest.raises(ValueError, match="empty sentence"):
        function("  \n ")


def test_answer_is_one_paragraph():
    with pytest.raises(ValueError, match="one paragraph"):
        show.answer("One.\n\nTwo.")


def test_folded_lines_are_text_under_their_title():
    data, _metadata = show.folded("R", "y <- c(1, 2)\n")._repr_mimebundle_()
    assert "<summary>R</summary>" in data["text/html"]
    assert "y &lt;- c(1, 2)" in data["text/html"]
    with pytest.raises(ValueError, match="empty"):
        show.folded("R", " ")


def test_a_summary_is_short_and_set_apart():
    data, metadata = show.summary(" The ratio is 0.66. ")._repr_mimebundle_()
    assert data["text/markdown"] == "**In short:** The ratio is 0.66."
    assert metadata == {"eprivacy_its": {"role": "summary"}}
    for text in ("", "One.\n\nTwo.", "word " * 46):
        with pytest.raises(ValueError, match=r"summary is one paragraph|empty sentence"):
            show.summary(text)
