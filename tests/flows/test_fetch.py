"""What keeps the data of a .dvc file away, said with what brings it."""

import re
import subprocess

import pytest

from core.base.errors import UserError
from flows.fetch import fetch


@pytest.mark.parametrize("place", ["remote", f"{'long/' * 30}remote", "../beside", "unknown to git"])
def test_data_that_its_remote_lost_is_named_with_what_brings_it_back(computed, place):  # case 29
    remote = computed.top / place
    computed.run("dvc", "remote", "add", "--default", "own", str(remote))
    computed.run("dvc", "push", "--quiet", "../raw.txt.dvc")
    computed.commit() if "unknown" not in place else None
    (damaged,) = [path for path in remote.rglob("*") if path.is_file()]
    content = damaged.read_bytes()
    damaged.unlink()
    for lost in (".dvc/cache", "raw.txt"):
        subprocess.run(["rm", "-r", str(computed.top / lost)], check=True)
    with pytest.raises(UserError, match="the data of ../raw.txt.dvc cannot be fetched") as error:
        fetch(computed.folder, "../raw.txt.dvc")
    if "remote" in place:
        (command,) = re.findall("`(git [^`]+)`", str(error.value))
        subprocess.run(command, shell=True, cwd=computed.top, check=True)
    else:
        damaged.write_bytes(content)
        assert "`dvc pull ../raw.txt.dvc` tries again, once " in str(error.value)
    fetch(computed.folder, "../raw.txt.dvc")
    assert (computed.top / "raw.txt").read_text() == "raw\n"


def test_a_remote_is_named_without_its_address_which_may_have_a_password(computed):
    computed.run("dvc", "remote", "add", "--default", "far", "http://user:hunter2@127.0.0.1:9/x")
    for lost in (".dvc/cache", "raw.txt"):
        subprocess.run(["rm", "-r", str(computed.top / lost)], check=True)
    with pytest.raises(UserError, match=r"tries again, once far can be reached") as error:
        fetch(computed.folder, "../raw.txt.dvc")
    assert "hunter2" not in str(error.value)


def test_data_that_was_never_shared_is_said_to_be_so_with_what_shares_it(computed, reproduce):
    computed.run("dvc", "remote", "add", "own", str(computed.top / "remote"))
    record = computed.top / "raw.txt.dvc"
    computed.write("../remote/README", "what git has of the remote is not this data\n")
    record.write_text(f"{record.read_text(encoding='utf-8')}  remote: own\n  push: false\n", encoding="utf-8")
    computed.commit()
    computed.run("rm", "-r", str(computed.top / "raw.txt"), str(computed.top / ".dvc/cache"))
    with pytest.raises(UserError, match=r"\.\./raw\.txt\.dvc is not shared: .* has `push: false`") as error:
        fetch(computed.folder, "../raw.txt.dvc")
    assert "in place of `remote: own` and `push: false`, then `dvc push ../raw.txt.dvc`" in str(error.value)
    assert "git checkout" not in str(error.value)
    assert reproduce(share=True).messages["../raw.txt.dvc"] == str(error.value)
