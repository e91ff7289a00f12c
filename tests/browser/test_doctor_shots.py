from tests.browser.test_doctor import *
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
    page.goto("/console/doctor")
    page.get_by_label("Issue", exact=True).fill("PAY-1")
    page.get_by_role("button", name="Send a test").click(no_wait_after=True)
    page.wait_for_timeout(300)
    page.screenshot(path="/tmp/shots/waiting.png", full_page=True)
    page.get_by_role("region", name="The test").wait_for(timeout=30000)
    page.screenshot(path="/tmp/shots/tested.png", full_page=True)
