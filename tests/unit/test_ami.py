"""The AMI client against a server that also does what an Asterisk should not: cuts, delays, floods, hangs."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbxlink.asterisk.ami import Action, Ami, AmiAddress, Message
from pbxlink.asterisk.version import QUESTION, major_of, refuse_too_old
from pbxlink.messages.errors import Refused, SideUnavailable
from tests.unit.amiserver import BANNER, AmiServer, Headers, Reply, ami_server, message, success

SECRET = "hunter2hunter2"
EVENT = message(Event="Newchannel", Channel="SIP/x-1", Uniqueid="7")


def to(server: AmiServer, timeout: float = 5.0, events: str = "off", first: Sequence[Action] = ()) -> Ami:
    return Ami(AmiAddress("127.0.0.1", server.port, "admin", SECRET), timeout, events, first)


def codes(caught: pytest.ExceptionInfo[SideUnavailable]) -> list[tuple[str, object]]:
    return [(finding.code, finding.values.get("reason")) for finding in caught.value.findings]


def echo(action: Headers) -> Reply:
    return (success(action, Message=action.get("Value", action["Action"])),)


def test_login_and_logoff() -> None:
    with ami_server() as server:
        with to(server, events="call") as ami:
            assert isinstance(ami, Ami)
        assert server.closed.wait(5)
    login, logoff = server.actions
    assert (login["Username"], login["Secret"], login["Events"]) == ("admin", SECRET, "call")
    assert logoff == {"Action": "Logoff"}


def test_closing_twice_and_after_the_server_is_gone() -> None:
    with ami_server() as server:
        ami = to(server)
        ami.close()
        ami.close()
    with ami_server(lambda action: (b"",) if action["Action"] == "Ping" else ()) as server:
        ami = to(server)
        with pytest.raises(SideUnavailable):
            ami.action("Ping")
        ami.close()


def test_a_refused_login_closes_the_connection_and_tells_no_secret() -> None:
    def refuse(action: Headers) -> Reply:
        return (message(Response="Error", ActionID=action["ActionID"], Message="Authentication failed"),)

    with ami_server(refuse) as server:
        with pytest.raises(SideUnavailable) as caught:
            to(server)
        assert server.closed.wait(5)
    assert codes(caught) == [("ami.refused", None)]
    assert SECRET not in caught.value.findings[0].message("en") + str(caught.value)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SideUnavailable) as caught:
        Ami(AmiAddress("127.0.0.1", port, "admin", SECRET), 5)
    assert codes(caught) == [("ami.unreachable", "Connection refused")]


def test_a_name_that_does_not_resolve() -> None:
    with pytest.raises(SideUnavailable) as caught:
        Ami(AmiAddress("no.such.host.invalid", 5038, "admin", SECRET), 5)
    assert codes(caught)[0][0] == "ami.unresolved"


@pytest.mark.parametrize(
    ("banner", "reason"),
    [
        ((b"SSH-2.0-OpenSSH_9.2\r\n",), "banner"),
        ((b"",), "closed"),
        ((1.5,), "timeout"),
        ((b"Asterisk Call", 1.5), "timeout"),
    ],
)
def test_what_greets_otherwise_is_no_ami(banner: Reply, reason: str) -> None:
    began = time.monotonic()
    with ami_server(banner=banner) as server, pytest.raises(SideUnavailable) as caught:
        to(server, 0.3)
    assert codes(caught) == [("ami.gone", reason)] and time.monotonic() - began < 5


@pytest.mark.parametrize("piece", [1, 2, 7])
def test_answers_that_come_in_small_pieces(piece: int) -> None:
    def slowly(action: Headers) -> Reply:
        whole = EVENT + success(action, Message="a: b: c", Empty="")
        return [whole[at : at + piece] for at in range(0, len(whole), piece)]

    with ami_server(slowly, [BANNER[:5], 0.05, BANNER[5:]]) as server, to(server) as ami:
        answer = ami.action("Ping", {"Value": ""})
        assert answer.succeeded and answer.get("Message") == "a: b: c" and answer.get("empty", "x") == ""
        assert server.actions[1]["Value"] == ""


def test_many_actions_are_answered_in_the_order_asked() -> None:
    wanted = [("Echo", {"Value": f"v{number}"}) for number in range(1000)]
    with ami_server(echo) as server, to(server) as ami:
        assert [answer.get("Message") for answer in ami.actions(wanted)] == [values["Value"] for _, values in wanted]
    identifiers = [action["ActionID"] for action in server.actions[:-1]]
    assert len(set(identifiers)) == 1001


def test_answers_out_of_order_are_sorted() -> None:
    held: list[bytes] = []

    def backwards(action: Headers) -> Reply:
        if action["Action"] == "Login":
            return ()
        held.append(success(action, Message=action["Value"]))
        return [EVENT, *reversed(held)] if len(held) == 5 else [EVENT]

    with ami_server(backwards) as server, to(server) as ami:
        answers = ami.actions([("Echo", {"Value": str(number)}) for number in range(5)])
        assert [answer.get("Message") for answer in answers] == list("01234")
        assert len(list(ami.events(0.2))) == 5


def test_no_more_than_a_window_is_in_flight() -> None:
    """Nothing is answered: how much is sent all the same."""
    with ami_server(lambda action: () if action["Action"] == "Login" else (0.0,)) as server:
        ami = to(server, 0.5)
        with pytest.raises(SideUnavailable) as caught:
            next(ami.actions(("Echo", {"Value": str(number)}) for number in range(9000)))
        ami.close()
    assert codes(caught) == [("ami.gone", "timeout")]
    assert sum(action["Action"] == "Echo" for action in server.actions) == 4096


PUTS = [("Put", {"Key": str(number)}) for number in range(700)]
DONE = {"Put": "done", "Del": "gone"}


def failing(*keys: str) -> Callable[[Headers], Reply]:
    def answer(action: Headers) -> Reply:
        if action.get("Key") in keys:
            return (message(Response="Error", ActionID=action["ActionID"], Message=f"no {action['Key']}"),)
        return (success(action, Message=DONE.get(action["Action"], "")),)

    return answer


def test_of_many_actions_exactly_those_that_failed_are_told() -> None:
    told: list[int] = []
    wanted = [*PUTS, *(("Del", headers) for _, headers in PUTS[:30]), *PUTS]
    with ami_server(failing("0", "29", "400")) as server, to(server) as ami:
        found = [
            (name, headers["Key"], answer.get("Message"))
            for (name, headers), answer in ami.failed(wanted, DONE, told.append)
        ]
        assert list(ami.failed([], DONE)) == []
        assert ami.action("Ping").succeeded
    assert [action.get("Key") for action in server.actions[1:-2]] == [headers["Key"] for _, headers in wanted]
    names = [*["Put"] * 3, *["Del"] * 2, *["Put"] * 3]
    keys = ["0", "29", "400", "0", "29", "0", "29", "400"]
    assert found == [(name, key, f"no {key}") for name, key in zip(names, keys)]
    assert told == sorted(told) and told[-1] == len(wanted)


def test_each_header_of_many_actions_arrives_as_it_was_sent() -> None:
    puts = [{"Family": "AMPUSER", "Key": f"{number}/cid", "Val": f"name {number}"} for number in range(3)]
    with ami_server(failing()) as server, to(server) as ami:
        assert list(ami.failed((("Put", headers) for headers in puts), DONE)) == []
    sent = [action for action in server.actions if action["Action"] == "Put"]
    assert sent == [{"Action": "Put", "ActionID": each["ActionID"], **put} for each, put in zip(sent, puts)]
    assert len(sent) == len(puts)


def test_a_success_in_other_words_or_between_events_is_no_failure() -> None:
    def answer(action: Headers) -> Reply:
        number = int(action.get("Key", 0))
        said = success(action, Message="well" if number == 300 else "done")
        return (EVENT, said) if number % 100 == 7 else (said,)

    with ami_server(answer) as server, to(server) as ami:
        assert list(ami.failed(PUTS, DONE)) == list(ami.failed(PUTS, {})) == []


def test_answers_to_what_was_given_up_are_not_taken_for_ours() -> None:
    """As after Ctrl-C in the middle: the undo goes over the same connection."""
    with ami_server(failing("3", "650")) as server, to(server) as ami:
        given_up = ami.failed(PUTS, DONE)
        assert next(given_up)[0] == PUTS[3]
        assert [action[1]["Key"] for action, _ in ami.failed(PUTS[600:], DONE)] == ["650"]


def test_no_more_than_a_window_of_many_is_in_flight() -> None:
    with ami_server(lambda action: () if action["Action"] == "Login" else (0.0,)) as server:
        ami = to(server, 0.5)
        with pytest.raises(SideUnavailable) as caught:
            list(ami.failed((("Put", {"Key": str(number)}) for number in range(9000)), DONE))
        ami.close()
    assert codes(caught) == [("ami.gone", "timeout")]
    assert sum(action["Action"] == "Put" for action in server.actions) == 4096


def test_what_is_asked_ahead_is_asked_once_while_the_block_lasts() -> None:
    """And its answer is taken when it arrived while something else was sent, without a wait for more."""
    questions = [("Echo", {"Value": f"v{number}"}) for number in range(3)]
    with ami_server(echo) as server, to(server) as ami:
        with ami.asking_ahead(questions[:2]):
            time.sleep(0.1)
            ami.ask_ahead([*questions[1:], ("Echo", {"Value": "unused"})])
            answers = [
                *ami.actions([questions[0], ("Echo", {"Value": "other"}), *questions]),
                ami.action(*questions[2]),
            ]
            assert [each.get("Message") for each in answers] == ["v0", "other", "v0", "v1", "v2", "v2"]
        assert ami.action(*questions[0]).get("Message") == "v0"
    asked = [action.get("Value") for action in server.actions if action["Action"] == "Echo"]
    assert asked == ["v0", "v1", "v2", "unused", "other", "v0"]


def test_answers_are_taken_while_actions_are_sent() -> None:
    """A server that takes no more until its answers are taken, as one does whose buffers are full."""
    long = "x" * 2000

    def answer(action: Headers) -> Reply:
        return (success(action, Message=long),) if "Value" in action else ()

    with ami_server(answer) as server, to(server) as ami:
        answers = list(ami.actions(("Echo", {"Value": long}) for _ in range(9000)))
    assert len(answers) == 9000 and {answer.get("Message") for answer in answers} == {long}


def test_no_actions_at_all() -> None:
    with ami_server() as server, to(server) as ami:
        assert list(ami.actions([])) == []


def test_events_that_never_end_do_not_keep_an_action_waiting() -> None:
    def flood(action: Headers) -> Reply:
        return () if action["Action"] == "Login" else [piece for _ in range(40) for piece in (EVENT, 0.05)]

    began = time.monotonic()
    with ami_server(flood) as server:
        ami = to(server, 0.5)
        with pytest.raises(SideUnavailable) as caught:
            ami.action("Ping")
        assert time.monotonic() - began < 1.5
        ami.close()
    assert codes(caught) == [("ami.gone", "timeout")]


def test_the_answer_to_something_else_is_not_taken_for_ours() -> None:
    def other(action: Headers) -> Reply:
        wrong = message(Response="Success", ActionID="somebody-else", Message="wrong")
        return () if action["Action"] == "Login" else (wrong, success(action, Message="right"))

    with ami_server(other) as server, to(server) as ami:
        assert ami.action("Ping").get("Message") == "right"


def test_a_connection_that_closes_in_the_middle() -> None:
    with ami_server(lambda action: () if action["Action"] == "Login" else (b"Response: Suc", b"")) as server:
        ami = to(server)
        with pytest.raises(SideUnavailable) as caught:
            ami.action("Ping")
    assert codes(caught) == [("ami.gone", "closed")]
    with pytest.raises(SideUnavailable):
        ami.action("Ping")


def listed(action: Headers, *items: bytes, complete: bool = True) -> Reply:
    begin = success(action, EventList="start", Message="list follows")
    end = message(Event="ListComplete", ActionID=action["ActionID"], EventList="Complete", ListItems=len(items))
    return (begin, *items, *([end] if complete else []))


def test_a_listing() -> None:
    def answer(action: Headers) -> Reply:
        mine = [message(Event="PeerEntry", ActionID=action["ActionID"], ObjectName=name) for name in ("a", "b")]
        other = message(Event="PeerEntry", ActionID="somebody-else", ObjectName="c")
        return () if action["Action"] == "Login" else listed(action, mine[0], EVENT, other, mine[1])

    with ami_server(answer) as server, to(server) as ami:
        assert [item.get("ObjectName") for item in ami.listing("SIPpeers")] == ["a", "b"]
        assert [item.get("ObjectName") for item in ami.listing("SIPpeers", {"X": "y"})] == ["a", "b"]
    assert server.actions[2]["X"] == "y"


def test_a_listing_of_nothing_and_one_that_never_ends() -> None:
    def nothing(action: Headers) -> Reply:
        return (
            ()
            if action["Action"] == "Login"
            else (message(Response="Error", ActionID=action["ActionID"], Message="No"),)
        )

    with ami_server(nothing) as server, to(server) as ami:
        assert ami.listing("SIPpeers") == []
    with ami_server(lambda action: () if action["Action"] == "Login" else listed(action, complete=False)) as server:
        ami = to(server, 0.3)
        with pytest.raises(SideUnavailable) as caught:
            ami.listing("SIPpeers")
        ami.close()
    assert codes(caught) == [("ami.gone", "timeout")]


_OUTPUT = ["one: two", "", " indented"]
_SIP_MESSAGE = ["OPTIONS sip:x SIP/2.0\r", "Via: y\r", "\r", "body"]


def new_form(action: Headers, lines: list[str]) -> bytes:
    return message(Response="Success", ActionID=action["ActionID"], Output=lines)


def old_form(action: Headers, lines: list[str]) -> bytes:
    """As Asterisk 11 and 13 write it (main/manager.c)."""
    head = f"Response: Follows\r\nPrivilege: Command\r\nActionID: {action['ActionID']}\r\n"
    return (head + "\n".join(lines) + "\n--END COMMAND--\r\n\r\n").encode()


@pytest.mark.parametrize("form", [new_form, old_form])
def test_a_command(form: Callable[[Headers, list[str]], bytes]) -> None:
    with ami_server(lambda action: (form(action, _OUTPUT),)) as server, to(server) as ami:
        assert ami.command("sip show peers") == ["one: two", "", " indented"]
        assert server.actions[1]["Command"] == "sip show peers"


def test_raw_output_that_looks_like_the_end_of_a_message() -> None:
    def answer(action: Headers) -> Reply:
        if action["Action"] != "Command":
            return echo(action)
        whole = old_form(action, _SIP_MESSAGE)
        return tuple(whole[place : place + 7] for place in range(0, len(whole), 7))

    with ami_server(answer) as server, to(server, first=[QUESTION]) as ami:
        assert ami.command("pjsip show history entry 1") == ["OPTIONS sip:x SIP/2.0", "Via: y", "", "body"]
        assert ami.action("Ping").get("Message") == "Ping"
        answers = list(ami.actions([("Command", {"Command": "x"}), ("Ping", {}), ("Command", {"Command": "x"})]))
        assert [len(each.all("Output")) for each in answers] == [4, 0, 4]


@pytest.mark.parametrize(("version", "major"), [("11.25.3", 11), ("certified/13.21-cert2", 13), ("1.8.32.3", 1),
                                                ("22.1.0-rc1", 22), ("GIT-master-9f3", None), ("", None)])  # fmt: skip
def test_the_version_that_an_asterisk_says(version: str, major: int | None) -> None:
    def answer(action: Headers) -> Reply:
        return () if action["Action"] == "Login" else (success(action, AsteriskVersion=version),)

    assert major_of(version) == major
    with ami_server(answer) as server, to(server, first=[QUESTION]) as ami:
        if major is None or major >= 11:
            refuse_too_old(*ami.first)
        else:
            with pytest.raises(Refused) as caught:
                refuse_too_old(*ami.first)
            assert version in caught.value.findings[0].message("en")


def test_events_within_a_time() -> None:
    def answer(action: Headers) -> Reply:
        return () if action["Action"] == "Login" else (success(action), EVENT, 0.1, EVENT, 1.0, EVENT)

    with ami_server(answer) as server, to(server) as ami:
        ami.action("Ping")
        began = time.monotonic()
        assert len(list(ami.events(0.5))) == 2
        assert 0.4 < time.monotonic() - began < 0.9


def test_an_event_of_which_half_is_there_when_time_is_up_comes_whole_later() -> None:
    def answer(action: Headers) -> Reply:
        return () if action["Action"] == "Login" else (success(action), EVENT[:20], 0.4, EVENT[20:])

    with ami_server(answer) as server, to(server) as ami:
        ami.action("Ping")
        assert list(ami.events(0.1)) == []
        (event,) = ami.events(1.0)
        assert (event.get("Event"), event.get("Channel"), event.get("Uniqueid")) == ("Newchannel", "SIP/x-1", "7")


def test_what_is_not_utf_8_is_read_all_the_same() -> None:
    def answer(action: Headers) -> Reply:
        return (success(action)[:-2] + b"CallerIDName: Jos\xe9\r\n\r\n",)

    with ami_server(answer) as server, to(server) as ami:
        assert ami.action("Ping").get("CallerIDName") == "Jos\ufffd"


@pytest.mark.parametrize("value", ["a\r\nAction: Originate", "a\nb", "a\rb", "a\0b", "\n"])
def test_nothing_can_be_smuggled_into_a_header(value: str) -> None:
    with ami_server(echo) as server, to(server) as ami, pytest.raises(ValueError, match="Value must be one line"):
        list(ami.failed([("Echo", {"Other": "x", "Value": value})], {}))
    with ami_server(echo) as server, to(server) as ami, pytest.raises(ValueError, match="one line"):
        ami.action("DBPut", {"Family": "X", "Key": "y", "Val": value})
    assert [action["Action"] for action in server.actions] == ["Login", "Logoff"]


@pytest.fixture(scope="module")
def echoing() -> Iterator[Ami]:
    with ami_server(echo) as server, to(server) as ami:
        yield ami


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=50))
@settings(max_examples=200)
def test_a_value_arrives_as_it_was_sent(echoing: Ami, value: str) -> None:
    assert echoing.action("Echo", {"Value": value}).get("Message") == value


def test_the_secret_shows_nowhere() -> None:
    address = AmiAddress("10.0.0.3", 5038, "admin", SECRET)
    assert repr(address) == str(address) == f"{address}" == "AmiAddress(admin@10.0.0.3:5038)"


def test_a_message() -> None:
    found = Message((("Response", "Success"), ("Output", "a"), ("output", "b"), ("X", "")))
    assert found.succeeded and found.get("RESPONSE") == "Success" and found.all("Output") == ["a", "b"]
    assert found.get("X", "default") == "" and found.get("Y", "default") == "default" and found.all("Y") == []
    assert not Message((("Response", "Error"),)).succeeded and not Message(()).succeeded
