from tests.browser.test_doctor import *
from tests.browser.test_doctor import _session
def test_shots(browser, world):
    world.jira.hooks.all()[0].active = False
    def more():
        pause()
        world.model.key = "x"
    database(more)
    for dark in (False, True):
        for width in (1280, 360):
            page = opened(browser, width=width, dark=dark)
            page.goto("/console/doctor")
            page.get_by_text("found something wrong").wait_for()
            page.screenshot(path=f"/tmp/shots/doctor-{width}-{'dark' if dark else 'light'}.png", full_page=True)
    page = opened(browser)
    page.route("**/checks", lambda route: None)
    page.goto("/console/doctor"); page.wait_for_timeout(300)
    page.screenshot(path="/tmp/shots/loading.png", full_page=True)
    world.jira.comment("PAY-1", by=world.people.linked, text="@openhands fix it", deliver=False)
    page = opened(browser)
    page.goto("/console/doctor/explanation?about-about=PAY-1")
    page.screenshot(path="/tmp/shots/explain.png", full_page=True)
    page = opened(browser, refused=True)
    page.goto("/console/doctor/explanation?about-about=PAYX")
    page.screenshot(path="/tmp/shots/error.png", full_page=True)
